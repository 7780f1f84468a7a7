import type { GrammarVocabulary } from "../../../src/grammar/index.ts";
import type { Draw } from "./draw.ts";

const TEXTS = [
  ..."abcdefn01259 \n\"'\\{}[]():,.-+_@#%?é😀ßΩ",
  ...'ab aa aab ba bab null true false tru al se ": " , ", " {" [{ }] }, "a "b":'.split(" "),
  ..."\\n \\u 00 \\u00e9 12 19 20 25 .5 e1 E+ -0 -01 2024- T1 Z :0 http :// @e .o xn www".split(" "),
  ...['": ', ', "', '": "', '", "', '{"a": ', "a".repeat(17), "ab".repeat(20), "1".repeat(18), '"'.repeat(3)],
  ...[
    "é".repeat(18),
    " ".repeat(32),
    "\n    ",
    "the quick brown fox jumps",
    '"}, {"',
    "\\\\",
    "\r\n",
    "\u0000",
    "\u2028",
  ],
];

/**
 * About 380 tokens: all bytes, pieces of JSON, long ones, some that begin or end inside of a character, one twice, two
 * control tokens without text. Token 0 ends a text.
 */
export function fuzzVocabulary(draw: Draw): GrammarVocabulary {
  const encoder = new TextEncoder();
  const tokens: Uint8Array[] = [new Uint8Array(), encoder.encode("a"), new Uint8Array(), new Uint8Array()];
  const seen = new Set<string>();
  const add = (bytes: Uint8Array) => {
    const key = bytes.join();
    if (bytes.length === 0 || seen.has(key)) return;
    seen.add(key);
    tokens.push(bytes);
  };
  for (let byte = 0; byte < 256; byte++) add(Uint8Array.of(byte));
  for (const text of TEXTS) {
    const bytes = encoder.encode(text);
    add(bytes);
  }
  for (let count = 0; count < 20; count++) {
    const bytes = encoder.encode(draw.pick(TEXTS) + draw.pick(TEXTS) + draw.pick(["é", "😀", "a"]));
    const start = draw.below(3);
    add(bytes.slice(start, start + 1 + draw.below(bytes.length)));
  }
  const single = new Map(
    tokens.flatMap((bytes, id) => (bytes.length === 1 ? [[bytes[0]!, id] as const] : [])),
  );
  return {
    size: tokens.length,
    tokenBytes: (id) => tokens[id]!,
    endTokens: [0],
    // Byte by byte: a text with a byte that has no token has no tokens.
    tokenize: (text) => {
      const ids = [...encoder.encode(text)].map((byte) => single.get(byte));
      return ids.every((id) => id !== undefined) ? (ids as number[]) : [];
    },
    findToken: (text) => (text === "<|end|>" ? 3 : undefined),
  };
}
