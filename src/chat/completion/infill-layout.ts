import type { Token } from "../../engine/token.ts";

/** The tokens that mark the sides of a gap. */
export interface InfillTokens {
  readonly prefix: Token;
  readonly suffix: Token;
  readonly middle: Token | undefined;
}

export interface InfillParts {
  readonly start: readonly Token[];
  readonly marks: InfillTokens;
  readonly prefix: readonly Token[];
  readonly suffix: readonly Token[];
  /** Tokens of the prefix that are kept at least, where there is room for them. */
  readonly minPrefix: number;
}

/**
 * A gap with its sides, at most `room` tokens long. The sides are cut where they are farthest from the gap: the
 * prefix keeps its end, the suffix its beginning, and when both are too long each gets half of the room.
 *
 * With a middle token the order is prefix, suffix, gap; without one the suffix comes first (as in Code Llama).
 */
export function arrangeInfill(
  { start, marks, prefix, suffix, minPrefix }: InfillParts,
  room: number,
): Token[] {
  const markCount = marks.middle === undefined ? 2 : 3;
  const left = Math.max(0, room - start.length - markCount);
  const fair = Math.max(minPrefix, Math.ceil(left / 2));
  const prefixMost = Math.max(Math.min(prefix.length, fair), left - suffix.length);
  const prefixLength = Math.min(prefix.length, left, prefixMost);
  const keptPrefix = prefix.slice(prefix.length - prefixLength);
  const keptSuffix = suffix.slice(0, Math.min(suffix.length, left - prefixLength));
  if (marks.middle === undefined) return [...start, marks.suffix, ...keptSuffix, marks.prefix, ...keptPrefix];
  return [...start, marks.prefix, ...keptPrefix, marks.suffix, ...keptSuffix, marks.middle];
}
