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
    "the time(s) of",
    "now(es)",
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
    ["`f(s)`", "s is not a literal"],
    ["f(s )", "s is not a literal"],
    ["f(ess)", "ess is not a literal"],
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

test("a refused call that never closes is dropped silently at the limit", () => {
  expect(parseCalls("time(it's about f(1) or so", NAMES, { lengthMax: 20 })).toEqual([]);
  expect(parseCalls("time(it's about noon, f(1)", NAMES, { lengthMax: 20 })).toMatchObject([{ name: "f" }]);
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
