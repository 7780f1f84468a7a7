import { expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { InputLookup } from "./input-lookup.ts";

/** The slow twin: searches for the last three tokens from the end on. */
function slowDraft(tokens: readonly number[], lengthMax: number): number[] {
  const { length } = tokens;
  if (length < 3 || lengthMax < 1) return [];
  for (let end = length - 1; end >= 3; end--)
    if ([1, 2, 3].every((back) => tokens[end - back] === tokens[length - back]))
      return tokens.slice(end, end + lengthMax);
  return [];
}

test("proposes what followed the last occurrence", () => {
  const lookup = new InputLookup();
  for (const token of [1, 2, 3, 4, 5, 9, 1, 2, 3, 7, 8, 9, 1, 2, 3]) lookup.push(token);
  expect(lookup.length).toBe(15);
  expect(lookup.draft(4)).toEqual([7, 8, 9, 1]);
  expect(lookup.draft(1)).toEqual([7]);
  expect(lookup.draft(0)).toEqual([]);
  expect(lookup.draft(-3)).toEqual([]);
});

test("a text that is new so far gives nothing", () => {
  const lookup = new InputLookup();
  expect(lookup.draft(4)).toEqual([]);
  for (const token of [1, 2, 3, 4]) {
    lookup.push(token);
    expect(lookup.draft(4)).toEqual([]);
  }
});

test("random texts over small and large alphabets equal the slow search", () => {
  const random = seededRandom(3);
  let drafts = 0;
  for (let round = 0; round < 60; round++) {
    // Large ids fill the hash; a small alphabet repeats.
    const alphabet = Array.from({ length: 2 + (round % 4) }, () => Math.floor(random() * 2 ** 18));
    const lookup = new InputLookup();
    const tokens: number[] = [];
    for (let index = 0; index < 120; index++) {
      const token = alphabet[Math.floor(random() * alphabet.length)]!;
      tokens.push(token);
      lookup.push(token);
      const lengthMax = Math.floor(random() * 8);
      const draft = lookup.draft(lengthMax);
      expect(draft).toEqual(slowDraft(tokens, lengthMax));
      if (draft.length > 0) drafts++;
    }
  }
  expect(drafts).toBeGreaterThan(1000);
});
