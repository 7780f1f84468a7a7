import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the examples type-check as they are written", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const output = execFileSync(process.execPath, [compiler, "-p", "examples/tsconfig.json"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(output).toBe("");
});
