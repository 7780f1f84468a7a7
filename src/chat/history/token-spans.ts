import type { Token } from "../../engine/token.ts";

export interface TokenSpan {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * Which tokens of a rendered history belong to which message: a message ends where the rendering of the messages up
 * to it stops being the beginning of the whole. So spans touch, in order, and cover everything.
 */
export function tokenSpans(
  count: number,
  tokensOfFirst: (messages: number) => readonly Token[],
): TokenSpan[] {
  const whole = tokensOfFirst(count);
  const spans: TokenSpan[] = [];
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = i === count - 1 ? whole.length : Math.max(start, commonLength(whole, tokensOfFirst(i + 1)));
    spans.push({ start, end });
    start = end;
  }
  return spans;
}

/** Length of the longest common beginning. */
export function commonLength(a: readonly Token[], b: readonly Token[]): number {
  const max = Math.min(a.length, b.length);
  let length = 0;
  while (length < max && a[length] === b[length]) length++;
  return length;
}
