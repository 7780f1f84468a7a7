import type { Token } from "../../engine/token.ts";
import { tokenSymbols } from "../response/trigger-symbols.ts";
import type { ReplyState } from "./reply-state.ts";

export interface Opening<Value> {
  readonly symbols: readonly number[];
  readonly value: Value;
}

export interface ReadOpening<Value> {
  readonly matched: Value | undefined;
  /** What was generated, also when nothing matched. */
  readonly tokens: readonly Token[];
  /** Why generating ended, when it ended before it was clear. */
  readonly finish?: "length" | "abort" | "eog";
}

/**
 * Generates until it is clear which of some openings the model writes first, if any.
 * @param skipSpace white space before an opening does not count
 */
export async function readOpening<Value>(
  state: ReplyState,
  openings: readonly Opening<Value>[],
  skipSpace = false,
): Promise<ReadOpening<Value>> {
  const tokens: Token[] = [];
  let candidates = openings
    .map((opening) => ({
      ...opening,
      symbols: skipSpace ? withoutLeadingSpace(opening.symbols) : opening.symbols,
    }))
    .filter(({ symbols }) => symbols.length > 0);
  if (candidates.length === 0) return { matched: undefined, tokens };
  const stream = state.generate();
  let read: number[] = [];
  try {
    while (true) {
      const next = await stream.next();
      if (next.done) {
        const finish = next.value === "contextFull" ? "length" : next.value;
        return { matched: undefined, tokens, finish };
      }
      tokens.push(next.value);
      for (const symbol of tokenSymbols(next.value, state.sequence.model)) read.push(symbol);
      if (skipSpace) read = withoutLeadingSpace(read);
      candidates = candidates.filter(({ symbols }) => isPrefix(symbols, read));
      const found = candidates.find(({ symbols }) => symbols.length <= read.length);
      if (found !== undefined) return { matched: found.value, tokens };
      if (candidates.length === 0) return { matched: undefined, tokens };
    }
  } finally {
    await stream.return("abort");
  }
}

/** Whether one of the lists is the beginning of the other. */
function isPrefix(a: readonly number[], b: readonly number[]): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function withoutLeadingSpace(symbols: readonly number[]): number[] {
  const start = symbols.findIndex((symbol) => symbol !== 32 && (symbol < 9 || symbol > 13));
  return start === -1 ? [] : symbols.slice(start);
}
