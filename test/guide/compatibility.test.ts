import { readFileSync } from "node:fs";
import * as colloquy from "colloquy";
import { describe, expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Row {
  readonly name: string;
  readonly isType: boolean;
  readonly status: string;
  readonly remarks: string;
}

const rows = [...read("docs/compatibility.md").matchAll(/^\| (type )?`(\w+)` \| ([\w ]+) \| (.*) \|$/gm)].map(
  ([, type, name, status, remarks]): Row => ({
    name: name!,
    isType: type !== undefined,
    status: status!,
    remarks: remarks!.trim(),
  }),
);

/** Types leave nothing at run time: their names are looked for where the index exports them. */
const exportedNames = new Set(
  ["src/index.ts", "src/chat/index.ts", "src/template/index.ts", "src/grammar/json-schema/index.ts"].flatMap(
    (path) => read(path).match(/\w+/g) ?? [],
  ),
);

describe("the page on compatibility", () => {
  test("has one row for each export of the other library", () => {
    expect(rows.length).toBe(239);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.filter(({ isType }) => !isType).length).toBe(89);
  });

  test("every status is one of three, and says why when it is not the same", () => {
    for (const { name, status, remarks } of rows) {
      expect(["works", "differs", "not offered"], name).toContain(status);
      if (status !== "works") expect(remarks, name).not.toBe("");
    }
  });

  test("what works or differs is exported, what is not offered is not", () => {
    const wrong = rows.filter(({ name, status, isType }) => {
      const isExported = isType ? exportedNames.has(name) : name in colloquy || exportedNames.has(name);
      return isExported !== (status !== "not offered");
    });
    expect(wrong).toEqual([]);
  });
});
