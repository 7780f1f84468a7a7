import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { nativeFolder } from "../runner/folders.ts";
import { UnsupportedError } from "../runner/protocol.ts";
import { compileRawProgram, openRawProgram } from "./raw-program.ts";

/** What a raw generation took: the tokens, and the milliseconds from the call to each of them. */
export interface RawGeneration {
  readonly tokens: readonly number[];
  readonly atMs: readonly number[];
  readonly endedByModel: boolean;
}

/**
 * The floor that the libraries are compared with: `llama_decode` and the greatest logit, nothing around it.
 * The first token of a generation is sampled from logits that are there already, so it is at about 0 ms.
 */
export interface RawLoop {
  readonly about: string;
  readonly loadMs: number;
  tokenize(text: string): Promise<readonly number[]>;
  text(tokens: readonly number[]): Promise<string>;
  /** Evaluates tokens after what is there already; resolves with the milliseconds it took. */
  evaluate(tokens: readonly number[]): Promise<number>;
  /** Greedy tokens, until the model ends, or `count`, or the budget. The last one is not evaluated. */
  generate(count: number, budgetMs: number): Promise<RawGeneration>;
  /** Keeps the first `count` cells. */
  keep(count: number): Promise<void>;
  /** Peak resident memory of the process the loop runs in, MB. */
  peakRssMb(): Promise<number>;
  close(): Promise<void>;
}

export interface RawOptions {
  readonly modelPath: string;
  readonly threads: number;
  readonly contextSize: number;
}

/** The raw loop as a C program where there is a compiler, else through koffi's synchronous calls. */
export async function openRawLoop(options: RawOptions): Promise<RawLoop> {
  if (!existsSync(nativeFolder()) || process.platform !== "linux")
    throw new UnsupportedError("the raw loop runs on Linux with the prebuilt llama.cpp package only");
  const program = compileRawProgram();
  if (program != null) return openRawProgram(program, options);
  const { openRawBinding } = await import("./raw-binding.ts");
  return openRawBinding(createRequire(import.meta.url)("koffi"), options);
}
