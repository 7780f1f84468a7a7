import { ColloquyError } from "../../base/errors.ts";
import { complementRanges, normalizeRanges } from "../code-points.ts";
import { type CodePointRange, MAX_CODE_POINT } from "../ir.ts";

/** `\d` of ECMAScript. */
export const DIGITS: readonly CodePointRange[] = [[0x30, 0x39]];

/** `\w` of ECMAScript. */
export const WORD_CHARACTERS: readonly CodePointRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];

/** `\s` of ECMAScript: its WhiteSpace and LineTerminator productions. */
export const WHITE_SPACE: readonly CodePointRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** LineTerminator of ECMAScript: what `.` does not match. */
export const LINE_TERMINATORS: readonly CodePointRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

/** The one that numbers in memory are in. */
const UTF16 = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "utf-16le" : "utf-16be";
const MAX_CACHED_PROPERTIES = 64;
const properties = new Map<
  string,
  { inside: readonly CodePointRange[]; outside: readonly CodePointRange[] }
>();

/**
 * The code points of a Unicode property as `\p{…}` names it, or with `negated` all others.
 * Asked of the JavaScript engine itself, so that the tables are those of the running Unicode version.
 */
export function unicodeProperty(name: string, negated: boolean): readonly CodePointRange[] {
  let known = properties.get(name);
  if (known === undefined) {
    const inside = probe(name);
    known = { inside, outside: complementRanges(inside) };
    if (properties.size >= MAX_CACHED_PROPERTIES) properties.delete(properties.keys().next().value!);
    properties.set(name, known);
  }
  return negated ? known.outside : known.inside;
}

function probe(name: string): readonly CodePointRange[] {
  if (!/^\w+(=\w+)?$/.test(name)) throw unknownProperty(name);
  let runs: RegExp;
  try {
    runs = new RegExp(`\\p{${name}}+`, "gu");
  } catch {
    throw unknownProperty(name);
  }
  const ranges: CodePointRange[] = [];
  const blockSize = 0x4000;
  for (let start = 0; start <= MAX_CODE_POINT; start += blockSize) {
    // Surrogates are no characters. Code points follow each other in the text, so runs are ranges.
    if (start === 0xc000) {
      collect(0xc000, 0xd7ff);
      collect(0xe000, 0xffff);
    } else collect(start, start + blockSize - 1);
  }
  return normalizeRanges(ranges);

  function collect(first: number, last: number): void {
    for (const match of textOf(first, last).matchAll(runs)) {
      const begin = match[0].codePointAt(0)!;
      ranges.push([begin, begin + Array.from(match[0]).length - 1]);
    }
  }
}

/** All the code points from first to last: put together as numbers, which is many times faster than as texts. */
function textOf(first: number, last: number): string {
  const units = new Uint16Array(2 * (last - first + 1));
  let count = 0;
  for (let code = first; code <= last; code++) {
    if (code > 0xffff) {
      units[count++] = 0xd7c0 + (code >> 10);
      units[count++] = 0xdc00 + (code & 0x3ff);
    } else units[count++] = code;
  }
  return new TextDecoder(UTF16, { ignoreBOM: true }).decode(units.subarray(0, count));
}

function unknownProperty(name: string): ColloquyError {
  return new ColloquyError("grammar-invalid", `Unknown Unicode property in the pattern: \\p{${name}}`);
}
