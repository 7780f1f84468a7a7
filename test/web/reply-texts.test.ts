import { describe, expect, test } from "vitest";
import { contextPicture, evaluationSummary } from "../../web/src/state/context-picture.ts";
import { prettyJson } from "../../web/src/state/pretty-json.ts";
import { spokenText } from "../../web/src/state/spoken-text.ts";

const report = {
  contextSize: 1000,
  usedTokens: 100,
  reusedTokens: 60,
  movedTokens: 30,
  sharedTokens: 0,
  evaluatedTokens: 10,
  promptMs: 5,
};

describe("the picture of the context", () => {
  test("adds what is written to the prompt, and all parts make the whole", () => {
    const picture = contextPicture(report, 25);
    expect(picture).toMatchObject({ used: 125, fullness: 0.125 });
    expect(Object.fromEntries(picture.slices.map(({ kind, tokens }) => [kind, tokens]))).toEqual({
      reused: 60,
      moved: 30,
      shared: 0,
      evaluated: 10,
      written: 25,
      free: 875,
    });
    expect(picture.slices.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  test("takes the last report's word for what is used, and never more than there is", () => {
    expect(
      contextPicture({ ...report, usedTokens: 180 }).slices.find(({ kind }) => kind === "written")?.tokens,
    ).toBe(80);
    expect(contextPicture(report, 5000)).toMatchObject({ used: 1000, fullness: 1 });
  });

  test("says what a reply cost", () => {
    expect(evaluationSummary(report)).toBe("10 of 100 tokens evaluated, 60 reused, 30 moved");
  });
});

test("a text is read out by sentences while it grows", () => {
  expect(spokenText("One", false)).toBe("");
  expect(spokenText("One. Two", false)).toBe("One.");
  expect(spokenText("a\nb", false)).toBe("a\n");
  expect(spokenText("One. Two", true)).toBe("One. Two");
  expect(spokenText("## A **bold** `word`", true).trim()).toBe("A bold word");
});

test("a reply that is JSON is indented, any other is left alone", () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(prettyJson("[1, 2")).toBeUndefined();
  expect(prettyJson("42")).toBeUndefined();
  expect(prettyJson("Hello [x]")).toBeUndefined();
});
