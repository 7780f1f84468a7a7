import type { CodePointRange } from "../ir.ts";

/** One inclusive byte range for each byte of an encoded character. */
export type ByteSequence = readonly (readonly [first: number, last: number])[];

const LENGTH_LIMITS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/**
 * The UTF-8 encodings of all code points of a range, as sequences of byte ranges (RFC 3629).
 * The range must not contain surrogates.
 */
export function utf8Sequences([first, last]: CodePointRange): ByteSequence[] {
  const sequences: ByteSequence[] = [];
  let from = first;
  for (const limit of LENGTH_LIMITS) {
    if (from > limit || from > last) continue;
    split(encodeUtf8(from), encodeUtf8(Math.min(last, limit)), [], sequences);
    from = limit + 1;
  }
  return sequences;
}

/** The bytes of one code point. */
export function encodeUtf8(code: number): number[] {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 63)];
  if (code < 0x10000) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
}

/** Both ends have the same length. The bytes between them form at most three groups at each position. */
function split(
  low: readonly number[],
  high: readonly number[],
  prefix: ByteSequence,
  out: ByteSequence[],
): void {
  const [lowByte, highByte] = [low[0]!, high[0]!];
  if (low.length === 1) {
    out.push([...prefix, [lowByte, highByte]]);
    return;
  }
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (lowByte === highByte) {
    split(lowRest, highRest, [...prefix, [lowByte, lowByte]], out);
    return;
  }
  const lowest = lowRest.map(() => 0x80);
  const highest = lowRest.map(() => 0xbf);
  const startsFull = lowRest.every((byte) => byte === 0x80);
  const endsFull = highRest.every((byte) => byte === 0xbf);
  if (!startsFull) split(lowRest, highest, [...prefix, [lowByte, lowByte]], out);
  const from = startsFull ? lowByte : lowByte + 1;
  const to = endsFull ? highByte : highByte - 1;
  if (from <= to) {
    const full = lowest.map((byte) => [byte, 0xbf] as const);
    out.push([...prefix, [from, to], ...full]);
  }
  if (!endsFull) split(lowest, highRest, [...prefix, [highByte, highByte]], out);
}
