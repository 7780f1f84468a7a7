import { describe, expect, test } from "vitest";
import { type CallSite, createCallParser, parseCalls } from "./call-parser.ts";

const NAMES = ["f", "g", "now", "time"];

function argsOf(text: string): unknown {
  const [site] = parseCalls(text, NAMES);
  if (site?.kind !== "call") return site;
  return Object.keys(site.keywords).length > 0 ? [site.args, site.keywords] : site.args;
}

function reasonOf(text: string): string | undefined {
  const sites = parseCalls(text, NAMES);
  return sites.length === 1 && sites[0]!.kind === "refused" ? sites[0]!.reason : undefined;
}

describe("what is read as arguments", () => {
  test.each<[string, unknown]>([
    ["f()", []],
    ["f( )", []],
    ["f(\n  1,\n  2,\n)", [1, 2]],
    [`f("a)b", [1, (2)])`, ["a)b", [1, 2]]],
    [`f('it\\'s', "say \\"hi\\"")`, ["it's", 'say "hi"']],
    [`f("\\n\\t\\\\ \\u00e9 \\x41 \\U0001F600 \\d \\ud83d\\ude00")`, ["\n\t\\ é A 😀 \\d 😀"]],
    ["f(True, true, False, false, None, null)", [true, true, false, false, null, null]],
    ["f(0, -1, +2, 1.5, .5, 2., 1e3, 1E-2, -0)", [0, -1, 2, 1.5, 0.5, 2, 1000, 0.01, 0]],
    ["f(0x1F, 0o17, 0b101, 1_000)", [31, 15, 5, 1000]],
    ["f((), (1,), (1, 2), ((3)))", [[], [1], [1, 2], 3]],
    [`f({"a": 1, b: [2], 3: {}}, [])`, [{ a: 1, b: [2], "3": {} }, []]],
    [`f(1, city="Oslo", days = 3)`, [[1], { city: "Oslo", days: 3 }]],
    [`f("first\nsecond")`, ["first\nsecond"]],
    [`f("g(1)")`, ["g(1)"]],
  ])("%j", (text, expected) => {
    expect(argsOf(text)).toEqual(expected);
  });

  test("a key named __proto__ is a plain key", () => {
    const [site] = parseCalls(`f({"__proto__": {"polluted": true}}, __proto__=1)`, NAMES);
    expect(site?.kind).toBe("call");
    if (site?.kind !== "call") return;
    expect(Object.keys(site.args[0] as object)).toEqual(["__proto__"]);
    expect(Object.keys(site.keywords)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("D23: a call starts at an identifier boundary and ends at its own parenthesis", () => {
  test.each([
    "unknow()",
    "know()",
    "now ()",
    "x.now()",
    "a[0].now()",
    "énow()",
    "nowx()",
    "2now()",
    "Now()",
    "def now():",
    "function now() {}",
    "now",
    "now(",
    'now("',
  ])("%j is no call", (text) => {
    expect(parseCalls(text, NAMES)).toEqual([]);
  });

  test.each([
    "now()",
    "(now())",
    "...now()",
    "-now()",
    "😀now()",
    "a now()",
    "undef now()",
    "functional now()",
  ])("%j holds a call", (text) => {
    expect(parseCalls(text, NAMES)).toMatchObject([{ kind: "call", name: "now" }]);
  });

  test("offsets and backticks", () => {
    const text = "At `time()` and ``f(1)`` now().";
    expect(parseCalls(text, NAMES)).toMatchObject([
      { name: "time", start: 4, end: 10, backticks: 1 },
      { name: "f", start: 18, end: 22, backticks: 2 },
      { name: "now", start: 25, end: 30, backticks: 0 },
    ]);
  });
});

describe("D24: anything but a literal is refused", () => {
  test.each<[string, string]>([
    ["f(2**10)", '"*" is not part of a literal'],
    ["f(9**9**9)", '"*" is not part of a literal'],
    ["f(1 + 1)", '"+" is not a number'],
    ["f([k for k in __builtins__])", "k is not a literal"],
    ["f(k)", "k is not a literal"],
    ["f(a=k)", "k is not a literal"],
    ["f(g(1))", "the call g(…) is not a literal"],
    ["f(__import__('os').system('x'))", "the call __import__(…) is not a literal"],
    ["f('a' 'b')", "a string follows a complete argument"],
    ["f(f'{x}')", "f is not a literal"],
    ["f(*a)", '"*" is not part of a literal'],
    ["f(lambda: 1)", "lambda is not a literal"],
    ["f(a=1, 2)", "a positional argument follows a keyword argument"],
    ["f(a=1, a=2)", "the argument a is given twice"],
    ["f([1)", '")" follows a complete argument'],
    ["f({1, 2})", "a key of an object must be followed by a colon"],
    ["f({[1]: 2})", '"[" is not a key of an object'],
    ["f(,)", 'a value is missing before ","'],
    ["f(007)", '"007" is not a number'],
    ["f(12345678901234567890)", "the number 12345678901234567890 is too large"],
    ["f(1e999)", "the number 1e999 is too large"],
    ["f('\\xZZ')", "a string holds an incomplete character escape"],
    ["f('\\UFFFFFFFF')", "a string holds a character escape beyond Unicode"],
    [`f(${"[".repeat(40)}${"]".repeat(40)})`, "nested deeper than 32 levels"],
  ])("%j", (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  test("a refused call is reported at its parenthesis, and reading goes on behind it", () => {
    const sites = parseCalls("time(it's late (really)) f(1)", NAMES);
    expect(sites).toMatchObject([
      { kind: "refused", name: "time", start: 0, end: 24 },
      { kind: "call", name: "f", args: [1] },
    ]);
  });

  test("a refused call that never closes is dropped at a blank line", () => {
    expect(parseCalls("time(it's\n\nf(1)", NAMES)).toMatchObject([{ kind: "call", name: "f" }]);
  });
});

test("a call longer than the limit is refused there, and the text behind it is scanned", () => {
  const parser = createCallParser(NAMES, { lengthMax: 10 });
  const sites = [...`f("${"x".repeat(20)}" f(1)`].flatMap((char) => parser.push(char));
  expect(sites).toMatchObject([
    { kind: "refused", start: 0, end: 11, reason: "the call is longer than 10 characters" },
    { kind: "call", name: "f", args: [1] },
  ]);
  expect(parseCalls('f("123456")', NAMES, { lengthMax: 11 })).toMatchObject([{ kind: "call" }]);
  expect(() => createCallParser(NAMES, { lengthMax: 0 })).toThrow("lengthMax");
});

test("skipped text is not scanned, and ends the word before it", () => {
  const parser = createCallParser(NAMES);
  expect(parser.push("ti")).toEqual([]);
  parser.skip("f(1) x");
  expect(parser.push("me()")).toEqual([]);
  parser.skip(" 9:05 PM");
  expect(parser.push(" f(")).toEqual([]);
  parser.skip("not an argument");
  expect(parser.push("2)")).toMatchObject([{ kind: "call", start: 7, end: 11, args: [2] }]);
  expect(parser.offset).toBe(11);
});

test('every split of f("a)b", [1, (2)]) gives the same one call', () => {
  const text = 'f("a)b", [1, (2)])';
  const expected = JSON.stringify(parseCalls(text, NAMES));
  expect(JSON.parse(expected)).toMatchObject([{ kind: "call", start: 0, end: text.length }]);
  const gaps = text.length - 1;
  for (let mask = 0; mask < 2 ** gaps; mask++) {
    const parser = createCallParser(NAMES);
    const sites: CallSite[] = [];
    let from = 0;
    for (let i = 0; i <= gaps; i++) {
      if (i < gaps && (mask & (1 << i)) === 0) continue;
      sites.push(...parser.push(text.slice(from, i + 1)));
      from = i + 1;
    }
    if (JSON.stringify(sites) !== expected) expect({ mask, sites }).toEqual(expected);
  }
});

// ---- the slow twin: tokens by regular expression over the whole text, then recursive descent ----

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
      if (!end.dropped) sites.push({ ...place, kind: "refused", end: end.at });
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
    .concat([" ", " ", "f(", "f()", '{"k": ', "[1, 2]", "(1,)"]);

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
