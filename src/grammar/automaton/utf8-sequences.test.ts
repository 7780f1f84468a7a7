import { describe, expect, it } from "vitest";
import { characterRanges } from "../code-points.ts";
import { encodeUtf8, utf8Sequences } from "./utf8-sequences.ts";

const EDGES = [
  0, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x3ffff,
  0x40000, 0x10ffff,
];

describe("utf8Sequences", () => {
  it("covers exactly the characters of a range, each once", () => {
    for (const first of EDGES)
      for (const last of EDGES) {
        if (last < first) continue;
        const sequences = characterRanges([[first, last]], false).flatMap(utf8Sequences);
        for (const code of EDGES.flatMap((edge) => [edge - 1, edge, edge + 1, edge + 65])) {
          if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) continue;
          const bytes = encodeUtf8(code);
          expect(bytes).toEqual([...new TextEncoder().encode(String.fromCodePoint(code))]);
          const matching = sequences.filter(
            (sequence) =>
              sequence.length === bytes.length &&
              sequence.every(([from, to], i) => bytes[i]! >= from && bytes[i]! <= to),
          );
          expect(matching.length).toBe(code >= first && code <= last ? 1 : 0);
        }
      }
  });
});
