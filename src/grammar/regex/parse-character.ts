import { complementRanges } from "../code-points.ts";
import type { CodePointRange } from "../ir.ts";
import { DIGITS, unicodeProperty, WHITE_SPACE, WORD_CHARACTERS } from "./character-classes.ts";
import type { PatternReader } from "./pattern-reader.ts";

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const CLASSES: Readonly<Record<string, readonly CodePointRange[]>> = {
  d: DIGITS,
  s: WHITE_SPACE,
  w: WORD_CHARACTERS,
  D: complementRanges(DIGITS),
  S: complementRanges(WHITE_SPACE),
  W: complementRanges(WORD_CHARACTERS),
};

/** A single code point, or the set that an escape such as `\d` stands for. */
export type EscapeMeaning = number | readonly CodePointRange[];

/** Reads what follows a backslash. */
export function parseEscape(reader: PatternReader, inClass: boolean): EscapeMeaning {
  if (reader.atEnd) throw reader.invalid("lone backslash");
  const letter = reader.peek();
  const set = CLASSES[letter];
  if (set !== undefined) {
    reader.next();
    return set;
  }
  if (letter === "p" || letter === "P") return parseProperty(reader);
  if (letter === "b" && inClass) {
    reader.next();
    return 8;
  }
  if (letter === "b" || letter === "B") throw reader.unsupported("a word boundary");
  if (letter === "k" || /[1-9]/.test(letter)) throw reader.unsupported("a back-reference");
  return parseCharacterEscape(reader);
}

function parseProperty(reader: PatternReader): EscapeMeaning {
  const found = reader.match(/([pP])\{([^}]*)\}/y);
  if (found === null) throw reader.invalid("expected {…} after \\p");
  reader.countProperty(found[2]!);
  return unicodeProperty(found[2]!, found[1] === "P");
}

function parseCharacterEscape(reader: PatternReader): number {
  const surrogates = reader.match(/u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/y);
  if (surrogates !== null) {
    const [high, low] = [Number.parseInt(surrogates[1]!, 16), Number.parseInt(surrogates[2]!, 16)];
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  }
  const hex = reader.match(/(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/y);
  if (hex !== null) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16);
    if (code > 0x10ffff) throw reader.invalid("code point out of range");
    return code;
  }
  const control = reader.match(/c([A-Za-z])/y);
  if (control !== null) return control[1]!.charCodeAt(0) & 31;
  if (reader.match(/0(?![0-9])/y) !== null) return 0;
  const letter = reader.next();
  const code = CONTROL_ESCAPES[letter];
  if (code !== undefined) return code;
  if (/^[A-Za-z0-9]$/.test(letter)) throw reader.invalid(`unknown escape \\${letter}`);
  return letter.codePointAt(0)!;
}

/** Reads a character class after its opening bracket. */
export function parseClass(reader: PatternReader): readonly CodePointRange[] {
  const negated = reader.take("^");
  const ranges: CodePointRange[] = [];
  while (!reader.take("]")) {
    if (reader.atEnd) throw reader.invalid("unclosed character class");
    const first = parseClassAtom(reader);
    if (reader.match(/-(?!\])/y) === null) {
      addTo(ranges, first);
      continue;
    }
    if (reader.atEnd) throw reader.invalid("unclosed character class");
    const last = parseClassAtom(reader);
    if (typeof first === "number" && typeof last === "number") {
      if (first > last) throw reader.invalid("character range out of order");
      ranges.push([first, last]);
    } else {
      // A set has no end to range over: the hyphen stands for itself.
      addTo(ranges, first);
      addTo(ranges, 0x2d);
      addTo(ranges, last);
    }
  }
  return negated ? complementRanges(ranges) : ranges;
}

function parseClassAtom(reader: PatternReader): EscapeMeaning {
  const character = reader.next();
  return character === "\\" ? parseEscape(reader, true) : character.codePointAt(0)!;
}

function addTo(ranges: CodePointRange[], meaning: EscapeMeaning): void {
  if (typeof meaning === "number") ranges.push([meaning, meaning]);
  else ranges.push(...meaning);
}
