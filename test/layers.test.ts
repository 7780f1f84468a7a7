import { describe, expect, test } from "vitest";
import packageFile from "../package.json" with { type: "json" };
import { findLayerProblems, importsOf } from "./tidy/layers.ts";
import { readSourceFiles } from "./tidy/source-file.ts";

const dependencies = new Set(Object.keys(packageFile.dependencies));

test("imports in src only go down", () => {
  const files = readSourceFiles();
  expect(
    files.flatMap((file) => (/^src\/.*\.ts$/.test(file.path) ? importsOf(file) : [])).length,
  ).toBeGreaterThan(100);
  expect(findLayerProblems(files, dependencies)).toEqual([]);
});

describe("the check itself", () => {
  const check = (path: string, text: string) =>
    findLayerProblems([{ path, text }], new Set(["koffi", "@a/b"]));

  test.each<[string, string]>([
    ["src/engine/a.ts", 'import { x } from "../chat/x.ts";'],
    ["src/engine/a.ts", 'import type { x } from "../chat/x.ts";'],
    ["src/engine/a.ts", 'export * from "../chat/x.ts";'],
    ["src/engine/a.ts", 'export { x } from "../chat/x.ts";'],
    ["src/engine/a.ts", 'const x = await import("../chat/x.ts");'],
    ["src/engine/a.ts", 'let x: import("../chat/x.ts").X;'],
    ["src/engine/deep/a.ts", 'import "../../chat/x.ts";'],
    ["src/server/a.ts", 'import { x } from "../cli/x.ts";'],
    ["src/media/a.ts", 'import { x } from "../models/x.ts";'],
    ["src/media/a.ts", 'import { type X, x } from "../models/x.ts";'],
    ["src/engine/a.ts", 'import koffi from "koffi";'],
    ["src/engine/a.ts", 'import { x } from "vitest";'],
    ["src/engine/a.ts", 'import { x } from "@a/c/b";'],
    ["src/engine/a.ts", 'import { x } from "../../test/x.ts";'],
    ["src/engine/a.ts", 'import { x } from "../other/x.ts";'],
    ["src/other/a.ts", 'import { x } from "../base/x.ts";'],
    ["src/index.ts", "export const x = 1;"],
    ["src/index.ts", 'import { x } from "./base/x.ts";\nexport { x };'],
    ["src/chat/a.test.ts", ""],
  ])("%s: %s is refused", (path, text) => {
    expect(check(path, text)).not.toEqual([]);
  });

  test.each<[string, string]>([
    [
      "src/chat/a.ts",
      'import { x } from "../base/x.ts";\nimport { y } from "./y.ts";\nimport fs from "node:fs";',
    ],
    ["src/media/a.ts", 'import type { x } from "../models/x.ts";'],
    ["src/media/a.ts", 'import { type X } from "../models/x.ts";'],
    ["src/native/a.ts", 'import koffi from "koffi";'],
    [
      "src/engine/a.ts",
      'import { x } from "@a/b/c";\nconst text = \'import "../chat/x.ts"\'; // import "../chat/x.ts"',
    ],
    ["src/index.ts", 'export { x } from "./base/x.ts";\nexport type * from "./chat/y.ts";'],
  ])("%s: %s is accepted", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  test("a test beside its source may import anything", () => {
    const source = { path: "src/base/a.ts", text: "" };
    const beside = { path: "src/base/a.random.test.ts", text: 'import "../chat/x.ts"; import "vitest";' };
    expect(findLayerProblems([source, beside], dependencies)).toEqual([]);
  });
});
