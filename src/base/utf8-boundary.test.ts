import { expect, test } from "vitest";
import { seededRandom } from "../../test/fake/seeded-random.ts";
import { incompleteTailLength } from "./utf8-boundary.ts";

test("every cut of random texts is told as a decoder tells it", () => {
  const random = seededRandom(5);
  const characters = ["a", "é", "你", "😀", "\n", "ß"];
  let inside = 0;
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 6 }, () => characters[Math.floor(random() * characters.length)]).join(
      "",
    );
    const bytes = new TextEncoder().encode(text);
    for (let end = 0; end <= bytes.length; end++) {
      const isCut = new TextDecoder().decode(bytes.subarray(0, end)).endsWith("\ufffd");
      const tail = incompleteTailLength(bytes, end);
      expect(tail > 0).toBe(isCut);
      expect(new TextDecoder().decode(bytes.subarray(0, end - tail))).not.toContain("\ufffd");
      if (isCut) inside++;
    }
  }
  expect(inside).toBeGreaterThan(300);
});

test("bytes that are no text are not waited for", () => {
  expect(incompleteTailLength(Uint8Array.of(0x80, 0x80, 0x80, 0x80))).toBe(0);
  expect(incompleteTailLength(new Uint8Array())).toBe(0);
});
