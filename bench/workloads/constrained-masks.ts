import type { MaskEngine, MaskGrammar, MaskWalk, VocabularyModel } from "./constrained-engines.ts";
import type { CorpusEntry } from "./constrained-shapes.ts";
import { type Sample, Stopwatch } from "./stopwatch.ts";

/** What an engine did with a corpus. */
export interface EngineFigures {
  readonly setup: Sample;
  /** From the schema to its first mask, for each schema. */
  readonly firsts: readonly Sample[];
  /** For each token of the documents: the mask before it. */
  readonly masks: readonly Sample[];
  /** The same with the token checked alone, on a grammar compiled afresh; forced text is asked for as well. */
  readonly checks: readonly Sample[];
  readonly passed: number;
  readonly refused: readonly string[];
  readonly wrong: readonly string[];
}

/** A value on one line, with a space behind every comma and colon. */
export function writeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${writeValue(member)}`)
    .join(", ")}}`;
}

/** Walks every document of a corpus. */
export async function runCorpus(
  createEngine: () => Promise<MaskEngine>,
  model: VocabularyModel,
  corpus: readonly CorpusEntry[],
): Promise<EngineFigures> {
  const watch = new Stopwatch();
  const stopSetup = watch.start("set up");
  const engine = await createEngine();
  const setup = stopSetup();
  const [firsts, masks, checks]: [Sample[], Sample[], Sample[]] = [[], [], []];
  const [refused, wrong]: [string[], string[]] = [[], []];
  for (const entry of corpus) {
    const tokens = (value: unknown) => model.tokenize(writeValue(value), false);
    const stop = watch.start(`${entry.name}, first mask`);
    let grammar: MaskGrammar;
    try {
      grammar = await engine.compile(entry.schema);
      const walk = await grammar.start();
      await walk.mask();
      firsts.push(stop());
      walk.dispose();
    } catch (error) {
      refused.push(
        `${entry.name}: refused: ${String(error instanceof Error ? error.message : error).slice(0, 120)}`,
      );
      continue;
    }
    for (const [index, value] of entry.accept.entries()) {
      const start = (at: number) => watch.start(`${entry.name}, document ${index}, token ${at}`);
      if (!(await timeMasks(await grammar.start(), tokens(value), start, masks)))
        wrong.push(`${entry.name}: does not take ${writeValue(value).slice(0, 80)}`);
    }
    for (const value of entry.reject)
      if (await takes(await grammar.start(), tokens(value)))
        wrong.push(`${entry.name}: takes ${writeValue(value).slice(0, 80)}`);
    grammar.dispose();
    const fresh = await engine.compile(entry.schema);
    for (const value of entry.accept) timeChecks(await fresh.start(), tokens(value), watch, checks);
    fresh.dispose();
  }
  await watch.finish([setup, ...firsts, ...masks, ...checks]);
  const wrongNames = new Set(wrong.map((line) => line.slice(0, line.indexOf(":"))));
  const passed = corpus.length - refused.length - wrongNames.size;
  return { setup, firsts, masks, checks, passed, refused, wrong };
}

async function timeMasks(
  walk: MaskWalk,
  tokens: readonly number[],
  start: (at: number) => () => Sample,
  into: Sample[],
): Promise<boolean> {
  try {
    for (const [at, token] of tokens.entries()) {
      const stop = start(at);
      const mask = walk.mask();
      if (mask instanceof Promise) await mask;
      into.push(stop());
      if (!walk.accept(token)) return false;
    }
    return await walk.canEnd();
  } finally {
    walk.dispose();
  }
}

async function takes(walk: MaskWalk, tokens: readonly number[]): Promise<boolean> {
  try {
    return tokens.every((token) => walk.accept(token)) && (await walk.canEnd());
  } finally {
    walk.dispose();
  }
}

function timeChecks(walk: MaskWalk, tokens: readonly number[], watch: Stopwatch, into: Sample[]): void {
  const { allows } = walk;
  if (allows !== undefined)
    for (const token of tokens) {
      const stop = watch.start("check");
      const allowed = allows(token);
      if (allowed) walk.accept(token);
      into.push(stop());
      if (!allowed) break;
    }
  walk.dispose();
}
