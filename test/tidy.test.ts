import { describe, expect, test } from "vitest";
import { findTidyProblems, TIDY_RULES } from "./tidy/rules.ts";
import { readSourceFiles } from "./tidy/source-file.ts";

const files = readSourceFiles();

test("the files are found", () => {
  const paths = files.map((file) => file.path);
  expect(paths).toEqual(expect.arrayContaining(["package.json", "src/base/errors.ts", "test/tidy.test.ts"]));
  expect(paths.filter((path) => /node_modules|^dist\//.test(path))).toEqual([]);
});

describe.each(TIDY_RULES.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
  test("holds in this repository", () => {
    expect(findTidyProblems(files, rule)).toEqual([]);
  });

  test("fires on a bad sample and accepts a good one", () => {
    expect(findTidyProblems([rule.bad], rule)).not.toEqual([]);
    expect(rule.appliesTo(rule.good.path)).toBe(true);
    expect(findTidyProblems([rule.good], rule)).toEqual([]);
  });
});
