import { describe, expect, test } from "vitest";
import packageFile from "../package.json" with { type: "json" };
import { findLayerProblems, importsOf } from "./tidy/layers.ts";
import { readSourceFiles } from "./tidy/source-file.ts";
import { findWebLayerProblems } from "./tidy/web-layers.ts";

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

describe("the web client", () => {
  const check = (path: string, text: string) => findWebLayerProblems([{ path: `web/src/${path}`, text }]);

  test("imports only go down", () => {
    const files = readSourceFiles();
    expect(
      files.filter(({ path }) => /^web\/src\/.*\.tsx?$/.test(path)).flatMap(importsOf).length,
    ).toBeGreaterThan(100);
    expect(findWebLayerProblems(files)).toEqual([]);
  });

  test.each<[string, string]>([
    ["state/a.ts", 'import { x } from "../commands/x.ts";'],
    ["views/panel/a.tsx", 'import { x } from "../sidebar/x.tsx";'],
    ["views/controls/a.tsx", 'import type { x } from "../panel/x.tsx";'],
    ["state/a.ts", 'import { useState } from "preact/hooks";'],
    ["views/page/a.tsx", 'import DOMPurify from "dompurify";'],
    ["views/page/a.tsx", 'import { x } from "other";'],
    ["state/a.ts", 'import type { x } from "../../../src/server/sessions/wire.ts";'],
    ["api/wire.ts", 'import { x } from "../../../src/server/sessions/wire.ts";'],
    ["api/wire.ts", 'import type { x } from "../../../src/server/serving.ts";'],
    ["views/page/a.tsx", 'import "../../styles/a.css";'],
    ["other/a.ts", 'import { x } from "../api/x.ts";'],
    ["views/page/a.tsx", 'const a = <p>{await import("../a.tsx")}</p>;'],
  ])("%s: %s is refused", (path, text) => {
    expect(check(path, text)).not.toEqual([]);
  });

  test.each<[string, string]>([
    ["views/page/a.tsx", 'import { x } from "../panel/x.tsx";\nimport { render } from "preact";'],
    ["api/wire.ts", 'import type { x } from "../../../src/server/sessions/wire.ts";'],
    ["main.tsx", 'import "./styles/a.css";\nimport { x } from "./views/app.tsx";'],
  ])("%s: %s is accepted", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });
});
