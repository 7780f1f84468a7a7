import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyLora } from "../../../test/gguf/tiny-lora.ts";
import { tinyModel } from "../../../test/gguf/tiny-model.ts";
import { type WritableGguf, writeGguf } from "../../../test/gguf/write-gguf.ts";
import type { LlamaContextOptions } from "../context/context-options.ts";
import type { GeneratedToken } from "../context-sequence.ts";
import { getLlama, type Llama } from "../llama.ts";
import type { LlamaModel } from "../model/llama-model.ts";

const base = tinyModel();
let folder: string;
let llama: Llama;
let model: LlamaModel;
let files = 0;

function write(gguf: WritableGguf): string {
  const filePath = path.join(folder, `${files++}.gguf`);
  writeGguf(filePath, gguf);
  return filePath;
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
  model = await llama.loadModel({ modelPath: write(base) });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

/** The model's log probabilities of the ten tokens that are most probable without adapters. */
async function readLogits(lora?: LlamaContextOptions["lora"]): Promise<number[]> {
  const context = await model.createContext({ contextSize: 256, ...(lora === undefined ? {} : { lora }) });
  const generator = context
    .getSequence()
    .generate(model.tokenize("hello world"), { maxTokens: 1, logprobs: model.vocabularySize });
  const step = await generator.next();
  await generator.return({ reason: "abort" });
  await context.dispose();
  const { top } = (step.value as GeneratedToken).logprobs!;
  return [...top]
    .sort((a, b) => a[0] - b[0])
    .slice(20, 30)
    .map(([, value]) => value);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
}

test("scale 0 changes nothing, scale 1 does, and one adapter named twice adds up", async () => {
  const filePath = write(tinyLora({ base }));
  const without = await readLogits();
  const one = await readLogits(filePath);
  const two = await readLogits({ adapters: [{ filePath, scale: 2 }] });
  expect(distance(await readLogits({ adapters: [{ filePath, scale: 0 }] }), without)).toBeLessThan(1e-4);
  expect(distance(one, without)).toBeGreaterThan(0.01);
  expect(distance(two, one)).toBeGreaterThan(0.01);
  expect(distance(await readLogits({ adapters: [{ filePath, scale: 1 }] }), one)).toBeLessThan(1e-4);
  expect(distance(await readLogits({ adapters: [{ filePath }, { filePath }] }), two)).toBeLessThan(1e-4);
  // Loaded again for others, the context without adapters is as it was.
  expect(distance(await readLogits(), without)).toBeLessThan(1e-4);
});

test("several adapters work together, whatever their order; progress goes from 0 to 1", async () => {
  const [a, b] = [write(tinyLora({ base, seed: 2 })), write(tinyLora({ base, seed: 3 }))];
  const progress: number[] = [];
  const both = await readLogits({
    adapters: [{ filePath: a }, { filePath: b, scale: 0.5 }],
    onLoadProgress: (value) => progress.push(value),
  });
  const reversed = await readLogits({ adapters: [{ filePath: b, scale: 0.5 }, { filePath: a }] });
  expect(distance(both, reversed)).toBeLessThan(1e-4);
  expect(distance(both, await readLogits(a))).toBeGreaterThan(0.01);
  expect(progress).toEqual([0, 0.5, 1]);
});

test("states of a context with an adapter are refused by one without", async () => {
  const lora = write(tinyLora({ base }));
  const state = path.join(folder, "state");
  const [adapted, plain] = await Promise.all([
    model.createContext({ contextSize: 256, lora }),
    model.createContext({ contextSize: 256 }),
  ]);
  const sequence = adapted.getSequence();
  await sequence.preload(model.tokenize("hello world"));
  await sequence.saveStateToFile(state);
  await sequence.loadStateFromFile(state);
  await expect(plain.getSequence().loadStateFromFile(state)).rejects.toMatchObject({
    code: "state-file-mismatch",
  });
  await Promise.all([adapted.dispose(), plain.dispose()]);
});

test("what is no adapter of this model is refused with a code", async () => {
  const refused = (lora: unknown) =>
    model.createContext({ contextSize: 256, lora: lora as string }).then(
      () => "created",
      (error: { code: string }) => error.code,
    );
  const cut = write(tinyLora({ base }));
  truncateSync(cut, 600);
  expect(await refused(cut)).toBe("model-file-invalid");
  expect(await refused(path.join(folder, "absent.gguf"))).toBe("model-not-found");
  expect(await refused(model.modelPath)).toBe("model-file-unsupported");
  for (const [key, value] of Object.entries({ "adapter.type": "other", "general.architecture": "gemma3" }))
    expect(await refused(write(tinyLora({ base, metadata: { [key]: value } })))).toBe(
      "model-file-unsupported",
    );
  expect(await refused(write(tinyLora({ base, targets: ["blk.7.attn_q.weight"] })))).toBe(
    "model-file-unsupported",
  );
  const wider = tinyModel({ words: ["another", "vocabulary"] });
  expect(await refused(write(tinyLora({ base: wider, targets: ["output.weight"] })))).toBe(
    "model-file-unsupported",
  );
  for (const lora of [5, {}, { adapters: [{}] }, { adapters: [{ filePath: cut, scale: "1" }] }])
    expect(await refused(lora)).toBe("invalid-argument");
});

test("a model disposed while its adapter loads takes the context along", async () => {
  const own = await llama.loadModel({ modelPath: model.modelPath });
  const creation = own.createContext({ contextSize: 256, lora: write(tinyLora({ base, seed: 4 })) });
  const end = creation.then(
    () => "created",
    (error: { code: string }) => error.code,
  );
  await own.dispose();
  expect(await end).toBe("disposed");
});
