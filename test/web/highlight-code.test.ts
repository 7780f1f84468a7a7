import { describe, expect, test } from "vitest";
import { type CodeKind, highlightCode } from "../../web/src/markdown/highlight-code.ts";
import { seededRandom } from "../fake/seeded-random.ts";

const pieces = (text: string, language: string, kind: CodeKind) =>
  highlightCode(text, language)
    .filter((piece) => piece.kind === kind)
    .map((piece) => piece.text);

describe("code", () => {
  test("in JavaScript", () => {
    const code = "const a = `x\n1` + 'y'; // const\nif (a.if !== 0x1F) return /* b\n2 */ 1.5e3;";
    expect(pieces(code, "ts", "keyword")).toEqual(["const", "if", "if", "return"]);
    expect(pieces(code, "ts", "string")).toEqual(["`x\n1`", "'y'"]);
    expect(pieces(code, "ts", "comment")).toEqual(["// const", "/* b\n2 */"]);
    expect(pieces(code, "ts", "number")).toEqual(["0x1F", "1.5e3"]);
  });

  test("in Python, with texts over several lines", () => {
    const code = 'def f(x):\n    """A # text\n    of two lines"""\n    return None # end';
    expect(pieces(code, "Python", "keyword")).toEqual(["def", "return", "None"]);
    expect(pieces(code, "python", "string")).toEqual(['"""A # text\n    of two lines"""']);
    expect(pieces(code, "python", "comment")).toEqual(["# end"]);
  });

  test("in SQL and Rust, whose marks mean something else", () => {
    expect(pieces("SELECT a -- b\nFROM t", "sql", "keyword")).toEqual(["SELECT", "FROM"]);
    expect(pieces("SELECT a -- b\nFROM t", "sql", "comment")).toEqual(["-- b"]);
    expect(pieces("fn f<'a>(x: &'a str) -> char { 'x' }", "rust", "string")).toEqual(["'x'"]);
  });

  test("that is not whole yet is coloured to its end", () => {
    expect(pieces('x = "abc', "py", "string")).toEqual(['"abc']);
    expect(pieces("a /* b", "c", "comment")).toEqual(["/* b"]);
  });

  test("in an unknown language, or too long to be read again and again, stays plain", () => {
    expect(highlightCode("let a", "")).toEqual([{ kind: "plain", text: "let a" }]);
    const long = "let a;".repeat(5000);
    expect(highlightCode(long, "js")).toEqual([{ kind: "plain", text: long }]);
  });

  test("keeps every character, whatever stands in it", () => {
    const random = seededRandom(4);
    const parts = [
      "'",
      '"',
      "`",
      "\\",
      "\n",
      "#",
      "//",
      "/*",
      "*/",
      "--",
      "let ",
      "0x1",
      "é",
      "\u{1f600}",
      " ",
      "$",
      '"""',
    ];
    for (let round = 0; round < 400; round++) {
      const text = Array.from({ length: 30 }, () => parts[Math.floor(random() * parts.length)]).join("");
      for (const language of ["js", "py", "rust", "sql", "sh", "c", "json", "lua"]) {
        expect(
          highlightCode(text, language)
            .map((piece) => piece.text)
            .join(""),
        ).toBe(text);
      }
    }
  });
});
