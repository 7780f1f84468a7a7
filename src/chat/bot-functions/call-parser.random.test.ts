import { expect, test } from "vitest";
import { type CallSite, createCallParser } from "./call-parser.ts";

const NAMES = ["f", "g", "now", "time"];

// The slow twin: tokens by regular expression over the whole text, then recursive descent.

interface TwinToken {
  readonly text: string;
  readonly start: number;
  /** Index of the character by which the token is known to be complete. */
  readonly knownAt: number;
}

class TwinRefusal extends Error {
  readonly at: number;
  constructor(at: number) {
    super("refused");
    this.at = at;
  }
}

class TwinIncomplete extends Error {}

const TWIN_TOKEN =
  /\s+|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[0-9+\-.](?:[eE][+-](?<=[0-9+\-.][0-9A-Za-z_.]*[eE][+-])|[0-9A-Za-z_.])*|[A-Za-z_$][\w$]*|["'][\s\S]*$|[\s\S]/y;

function twinTokens(text: string, from: number): TwinToken[] {
  const tokens: TwinToken[] = [];
  TWIN_TOKEN.lastIndex = from;
  for (let match = TWIN_TOKEN.exec(text); match; match = TWIN_TOKEN.exec(text)) {
    const token = match[0];
    const end = match.index + token.length;
    if (/^\s/.test(token)) continue;
    const isOpenString = /^["']/.test(token) && !(token.length > 1 && /^(["'])[\s\S]*\1$/.test(token));
    const knownAt = isOpenString ? text.length : /^[\w$+\-.]/.test(token) ? end : end - 1;
    tokens.push({ text: token, start: match.index, knownAt });
  }
  return tokens;
}

class TwinParser {
  readonly tokens: readonly TwinToken[];
  readonly length: number;
  i = 0;

  constructor(tokens: readonly TwinToken[], length: number) {
    this.tokens = tokens;
    this.length = length;
  }

  peek(): string {
    const token = this.tokens[this.i];
    if (!token || token.knownAt >= this.length) throw new TwinIncomplete();
    return token.text;
  }

  /** A token where no string can be: a string is refused by its quote. */
  mark(): string {
    const token = this.tokens[this.i];
    if (token && /^["']/.test(token.text)) throw new TwinRefusal(token.start);
    return this.peek();
  }

  fail(): never {
    throw new TwinRefusal(this.tokens[this.i]!.knownAt);
  }

  take(text: string): void {
    if (this.mark() !== text) this.fail();
    this.i++;
  }

  items(closer: string, item: () => void): boolean {
    let comma = false;
    while (this.peek() !== closer) {
      item();
      if (this.mark() === closer) break;
      this.take(",");
      comma = true;
    }
    this.i++;
    return comma;
  }

  call(): { args: unknown[]; keywords: Record<string, unknown> } {
    const args: unknown[] = [];
    const keywords: Record<string, unknown> = {};
    this.items(")", () => {
      const word = this.peek();
      if (/^[A-Za-z_$]/.test(word) && !TWIN_WORDS.has(word)) {
        this.i++;
        this.take("=");
        const value = this.value(() => Object.hasOwn(keywords, word));
        keywords[word] = value;
        return;
      }
      args.push(this.value(() => Object.keys(keywords).length > 0));
    });
    return { args, keywords };
  }

  /** `isBad` tells whether a complete value is refused in its place; that is known with its last token. */
  value(isBad: () => boolean = () => false): unknown {
    const text = this.peek();
    if (TWIN_WORDS.has(text)) return this.leaf(TWIN_WORDS.get(text), isBad);
    if (/^["']/.test(text)) return this.leaf(text.slice(1, -1).replace(/\\([\s\S])/g, twinEscape), isBad);
    if (/^[0-9+\-.]/.test(text)) {
      const isNumber = /^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^[+-]?0[xX][0-9a-fA-F]+$/.test(
        text,
      );
      const isHexNegative = /^-0[xX]/.test(text);
      const number = isHexNegative ? -Number(text.slice(1)) : Number(text.replace(/^\+/, ""));
      if (!isNumber || !Number.isFinite(number)) this.fail();
      if (!/[.eE]/.test(text.replace(/^[+-]?0x.*/i, "")) && !Number.isSafeInteger(number)) this.fail();
      return this.leaf(number === 0 ? 0 : number, isBad);
    }
    const values: unknown[] = [];
    if (text === "[" || text === "(") {
      this.i++;
      const comma = this.items(text === "[" ? "]" : ")", () => values.push(this.value()));
      const single = text === "(" && !comma && values.length === 1;
      return this.leafBefore(single ? values[0] : values, isBad);
    }
    if (text !== "{") this.fail();
    this.i++;
    const entries: [string, unknown][] = [];
    this.items("}", () => {
      const key = this.peek();
      const isKey = /^[A-Za-z_$"']/.test(key) || /^[0-9+\-.]/.test(key);
      if (!isKey) this.fail();
      const isWord = /^[A-Za-z_$]/.test(key);
      if (isWord) this.i++;
      const name = isWord ? key : String(this.value());
      this.take(":");
      entries.push([name, this.value()]);
    });
    return this.leafBefore(Object.fromEntries(entries), isBad);
  }

  leaf(value: unknown, isBad: () => boolean): unknown {
    if (isBad()) this.fail();
    this.i++;
    return value;
  }

  leafBefore(value: unknown, isBad: () => boolean): unknown {
    this.i--;
    return this.leaf(value, isBad);
  }
}

const TWIN_WORDS = new Map<string, unknown>([
  ["True", true],
  ["true", true],
  ["False", false],
  ["false", false],
  ["None", null],
  ["null", null],
]);

function twinEscape(whole: string, char: string): string {
  const simple: Record<string, string> = {
    n: "\n",
    t: "\t",
    r: "\r",
    b: "\b",
    f: "\f",
    v: "\v",
    a: "\u0007",
    "0": "\0",
  };
  if (char === "\n") return "";
  return simple[char] ?? ("\\'\"`/".includes(char) ? char : whole);
}

type TwinSite = {
  kind: string;
  name: string;
  start: number;
  end: number;
  backticks: number;
  args?: unknown;
  keywords?: unknown;
};

function twinCalls(text: string, names: readonly string[]): TwinSite[] {
  const sites: TwinSite[] = [];
  const word = /[A-Za-z0-9_$]+\(/g;
  for (let match = word.exec(text); match; match = word.exec(text)) {
    const name = match[0].slice(0, -1);
    const start = match.index;
    const before = text.slice(0, start);
    if (!names.includes(name) || /[\p{L}\p{N}\p{M}]$/u.test(before)) continue;
    if (/[\p{L}\p{N}\p{M}_$)\]]\.$/u.test(before) || /(^|[^A-Za-z0-9_$])(def|function) +$/.test(before))
      continue;
    const place = { name, start, backticks: /`*$/.exec(before)![0].length };
    const open = start + match[0].length;
    const tokens = twinTokens(text, open);
    try {
      const parser = new TwinParser(tokens, text.length);
      const call = parser.call();
      const end = tokens[parser.i - 1]!.knownAt + 1;
      sites.push({ ...place, kind: "call", end, ...call });
      word.lastIndex = end;
    } catch (error) {
      if (error instanceof TwinIncomplete) return sites;
      if (!(error instanceof TwinRefusal)) throw error;
      const end = twinLaxEnd(text, tokens, error.at);
      if (end === undefined) return sites;
      const isPlural = place.backticks === 0 && /^e?s\)$/.test(text.slice(open, end.at));
      if (!end.dropped && !isPlural) sites.push({ ...place, kind: "refused", end: end.at });
      word.lastIndex = end.at;
    }
  }
  return sites;
}

function twinLaxEnd(text: string, tokens: readonly TwinToken[], at: number) {
  let depth = 1;
  for (const token of tokens) {
    if (token.knownAt > at) break;
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
  }
  if (depth <= 0) return { at: at + 1, dropped: false };
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0) return { at: i + 1, dropped: false };
    if (text[i] === "\n" && text[i - 1] === "\n") return { at: i + 1, dropped: true };
  }
  return undefined;
}

/** A small seeded generator (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function pushInPieces(text: string, random: (below: number) => number): CallSite[] {
  const parser = createCallParser(NAMES);
  const sites: CallSite[] = [];
  for (let i = 0; i < text.length; ) {
    const size = 1 + random(6);
    sites.push(...parser.push(text.slice(i, i + size)));
    i += size;
  }
  return sites;
}

const FRAGMENTS =
  '( ) [ ] { } , : = f( g( time( now() ) ) , "a" "b)" \' " 1 -2.5 1e5 0x1F 012 + . ` True None k= k w def function é \\ \n \n\n'
    .split(" ")
    .concat(["s)", " ", " ", "f(", "f()", '{"k": ', "[1, 2]", "(1,)"]);

test("random text: streaming in pieces equals the slow twin over the whole text", () => {
  const seen = { call: 0, refused: 0 };
  for (let seed = 1; seed <= 4000; seed++) {
    const random = createRandom(seed);
    const text = Array.from({ length: 2 + random(24) }, () => FRAGMENTS[random(FRAGMENTS.length)]).join("");
    const sites = pushInPieces(text, random);
    const plain = sites.map((site) => {
      if (site.kind === "call") return site;
      const { reason, ...rest } = site;
      expect(reason).not.toBe("");
      return rest;
    });
    expect({ seed, text, sites: plain }).toEqual({ seed, text, sites: twinCalls(text, NAMES) });
    for (const site of sites) seen[site.kind]++;
  }
  expect(seen.call).toBeGreaterThan(300);
  expect(seen.refused).toBeGreaterThan(300);
});

function randomValue(random: (below: number) => number, depth: number): unknown {
  switch (random(depth > 0 ? 7 : 5)) {
    case 0:
      return random(2) === 0;
    case 1:
      return null;
    case 2:
      return random(2000) - 1000;
    case 3:
      return random(1000) / 8;
    case 4:
      return Array.from({ length: random(8) }, () => `a"')(\n\\é😀,=[`[random(12)]).join("");
    case 5:
      return Array.from({ length: random(4) }, () => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random(4) }, (_, i) => [`k${i}`, randomValue(random, depth - 1)]),
      );
  }
}

function writePython(value: unknown, random: (below: number) => number): string {
  if (value === null) return random(2) === 0 ? "None" : "null";
  if (typeof value === "boolean") return random(2) === 0 ? String(value) : value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") {
    if (random(2) === 0) return JSON.stringify(value);
    return `'${value.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n")}'`;
  }
  const space = ["", " ", "\n "][random(3)];
  if (Array.isArray(value)) {
    const items = value.map((item) => writePython(item, random) + space);
    return random(2) === 0 ? `[${items.join(",")}]` : `(${items.map((item) => `${item},`).join("")})`;
  }
  const entries = Object.entries(value as object).map(
    ([key, item]) => `${random(2) === 0 ? key : `"${key}"`}:${space}${writePython(item, random)}`,
  );
  return `{${entries.join(`,${space}`)}}`;
}

test("random values: what is written python-style is read back, in any pieces", () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const random = createRandom(seed);
    const args = Array.from({ length: random(4) }, () => randomValue(random, 3));
    const keywords = Object.fromEntries(
      Array.from({ length: random(3) }, (_, i) => [`p${i}`, randomValue(random, 2)]),
    );
    const written = [
      ...args.map((value) => writePython(value, random)),
      ...Object.entries(keywords).map(([key, value]) => `${key}=${writePython(value, random)}`),
    ];
    const text = `see \`f(${written.join(", ")})\`, then.`;
    const sites = pushInPieces(text, random);
    const expected = {
      kind: "call",
      name: "f",
      start: 5,
      end: text.length - 8,
      backticks: 1,
      args,
      keywords,
    };
    expect({ seed, text, sites }).toEqual({ seed, text, sites: [expected] });
  }
});
