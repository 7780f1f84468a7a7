import type { MaskEngine, MaskGrammar, MaskWalk, VocabularyModel } from "./constrained-engines.ts";
import type { CorpusEntry } from "./constrained-shapes.ts";

/** What an engine did with a corpus. */
export interface EngineFigures {
  readonly setupMs: number;
  /** From the schema to its first mask, for each schema. */
  readonly firstMs: readonly number[];
  /** For each token of the documents: the time of the mask before it. */
  readonly maskUs: readonly number[];
  /** The same with the token checked alone, on a grammar compiled afresh; forced text is asked for as well. */
  readonly checkUs: readonly number[];
  readonly passed: number;
  readonly refused: readonly string[];
  readonly wrong: readonly string[];
  /** The slowest masks and where they were made. */
  readonly slowest: readonly string[];
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
  engine: MaskEngine,
  model: VocabularyModel,
  corpus: readonly CorpusEntry[],
): Promise<EngineFigures> {
  const firstMs: number[] = [];
  const [refused, wrong]: [string[], string[]] = [[], []];
  const masks: { us: number; where: string }[] = [];
  const checkUs: number[] = [];
  const firsts: { us: number; where: string }[] = [];
  for (const entry of corpus) {
    const tokens = (value: unknown) => model.tokenize(writeValue(value), false);
    const before = performance.now();
    let grammar: MaskGrammar;
    try {
      grammar = await engine.compile(entry.schema);
      const walk = await grammar.start();
      await walk.mask();
      walk.dispose();
    } catch (error) {
      refused.push(
        `${entry.name}: refused: ${String(error instanceof Error ? error.message : error).slice(0, 120)}`,
      );
      continue;
    }
    firstMs.push(performance.now() - before);
    firsts.push({ us: firstMs.at(-1)! * 1000, where: `${entry.name}, first mask` });
    for (const value of entry.accept) {
      const taken = await timeMasks(await grammar.start(), tokens(value), (us, at) =>
        masks.push({ us, where: `${entry.name}, token ${at}` }),
      );
      if (!taken) wrong.push(`${entry.name}: does not take ${writeValue(value).slice(0, 80)}`);
    }
    for (const value of entry.reject)
      if (await takes(await grammar.start(), tokens(value)))
        wrong.push(`${entry.name}: takes ${writeValue(value).slice(0, 80)}`);
    grammar.dispose();
    const fresh = await engine.compile(entry.schema);
    for (const value of entry.accept) timeChecks(await fresh.start(), tokens(value), checkUs);
    fresh.dispose();
  }
  const slowest = [...masks, ...firsts].sort((a, b) => b.us - a.us);
  const wrongNames = new Set(wrong.map((line) => line.slice(0, line.indexOf(":"))));
  return {
    setupMs: engine.setupMs,
    firstMs,
    maskUs: masks.map(({ us }) => us),
    checkUs,
    passed: corpus.length - refused.length - wrongNames.size,
    refused,
    wrong,
    slowest: slowest.map(({ us, where }) => `${us.toFixed(0)} µs: ${where}`),
  };
}

async function timeMasks(
  walk: MaskWalk,
  tokens: readonly number[],
  onTime: (us: number, at: number) => void,
): Promise<boolean> {
  try {
    for (const [at, token] of tokens.entries()) {
      const before = performance.now();
      const mask = walk.mask();
      if (mask instanceof Promise) await mask;
      onTime((performance.now() - before) * 1000, at);
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

function timeChecks(walk: MaskWalk, tokens: readonly number[], into: number[]): void {
  const { allows } = walk;
  if (allows !== undefined)
    for (const token of tokens) {
      const before = performance.now();
      const allowed = allows(token);
      if (allowed) walk.accept(token);
      into.push((performance.now() - before) * 1000);
      if (!allowed) break;
    }
  walk.dispose();
}
