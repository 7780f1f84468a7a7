import { expect, test } from "vitest";
import { toXgrammar } from "./to-xgrammar.ts";

test.each([
  ['root ::= "a" [b-c]* (r1 | "d"){2,3}\n', 'root ::= "a" [b-c]* (r1 | "d"){2,3}\n'],
  ["root ::= <[12]> !<[345]>*", "root ::= Token(12) ExcludeToken(345)*"],
  ['root ::= "<[12]>" "\\"!<[1]>" [<>"] <[3]>', 'root ::= "<[12]>" "\\"!<[1]>" [<>"] Token(3)'],
  ['root ::= "\\u0022\\\\" <[3]> [\\]<] "<a>"', 'root ::= "\\u0022\\\\" Token(3) [\\]<] "<a>"'],
])("%s", (gbnf, expected) => {
  expect(toXgrammar(gbnf)).toBe(expected);
});

test.each(["root ::= <think>", 'root ::= "a" !<think> "b"'])("a token by its text is refused: %s", (gbnf) => {
  expect(() => toXgrammar(gbnf)).toThrow("<think>");
});
