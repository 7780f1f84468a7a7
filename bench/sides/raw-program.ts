import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { benchFolder, nativeFolder } from "../runner/folders.ts";
import type { RawGeneration, RawLoop, RawOptions } from "./raw-loop.ts";

const source = fileURLToPath(new URL("sides/raw.c", benchFolder));
const program = fileURLToPath(new URL("dist/raw", benchFolder));

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Builds the C program once; undefined where there is no compiler. */
export function compileRawProgram(): string | undefined {
  if (modifiedMs(program) > modifiedMs(source)) return program;
  mkdirSync(fileURLToPath(new URL("dist/", benchFolder)), { recursive: true });
  const flags = ["-O3", "-march=native", "-ffast-math", "-o", program, source, "-ldl"];
  const compiled = spawnSync("cc", flags, { stdio: ["ignore", "ignore", "inherit"] });
  return compiled.status === 0 ? program : undefined;
}

interface Conversation {
  /** Sends a line, resolves with the words of the answer behind its first one. */
  ask(line: string): Promise<string[]>;
  end(): Promise<void>;
}

async function converse(file: string, args: readonly string[]): Promise<Conversation & { first: string[] }> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const next = await lines.next();
    if (next.done) throw new Error("the raw program ended early");
    return next.value.split(" ").slice(1);
  };
  const first = await answer();
  return {
    first,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return answer();
    },
    async end() {
      child.stdin.end();
      await closed;
    },
  };
}

function parseGeneration(words: readonly string[]): RawGeneration {
  const pairs = words.slice(1).map((word) => word.split(":").map(Number));
  return {
    endedByModel: words[0] === "1",
    tokens: pairs.map((pair) => pair[0]!),
    atMs: pairs.map((pair) => pair[1]!),
  };
}

/** The raw loop in a process of its own. */
export async function openRawProgram(file: string, options: RawOptions): Promise<RawLoop> {
  const args = [nativeFolder(), options.modelPath, `${options.threads}`, `${options.contextSize}`];
  const { first, ask, end } = await converse(file, args);
  return {
    about: "C program",
    loadMs: Number(first[0]),
    tokenize: async (text) => (await ask(`t ${Buffer.from(text).toString("hex")}`)).map(Number),
    text: async (tokens) => Buffer.from((await ask(`p ${tokens.join(" ")}`)).join(""), "hex").toString(),
    evaluate: async (tokens) => Number((await ask(`e ${tokens.join(" ")}`))[0]),
    generate: async (count, budgetMs) => parseGeneration(await ask(`g ${count} ${Math.ceil(budgetMs)}`)),
    async keep(count) {
      await ask(`k ${count}`);
    },
    peakRssMb: async () => Number((await ask("r"))[0]) / 1024,
    close: end,
  };
}
