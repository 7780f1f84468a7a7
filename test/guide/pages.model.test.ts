import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "./run-example.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The programs of the guide's pages: every block is a whole one. */
const programsOf = (pages: readonly string[]) =>
  pages.flatMap((page) =>
    [...readFileSync(join(root, "docs/guide", `${page}.md`), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
      ([, code], index): [string, string] => [`${page}-${index + 1}`, code!],
    ),
  );
const runnable = ["sessions", "structured-output", "functions", "history", "completion", "engine-options"];
const programs = programsOf(runnable);
/** These need a model that sees, a server or a cluster: they are checked for their types alone. */
const checked = programsOf(["chat-history", "images", "server", "cluster", "web-chat"]);

// Inside the repository, where "colloquy" is found.
const directory = mkdtempSync(join(root, "test/guide/pages-"));

beforeAll(() => {
  for (const [name, code] of [...programs, ...checked]) writeFileSync(join(directory, `${name}.ts`), code);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the programs of the guide's pages", () => {
  test("type-check as they stand there", () => {
    expect(programs.length).toBeGreaterThan(8);
    expect(checked.length).toBeGreaterThan(5);
    const config = join(directory, "tsconfig.json");
    writeFileSync(config, JSON.stringify({ extends: "../../../tsconfig.json", include: ["*.ts"] }));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    expect(execFileSync(process.execPath, [compiler, "-p", config], { encoding: "utf8" })).toBe("");
  });

  /** What a program must have printed, beyond running to its end. */
  const printed: Readonly<Record<string, (lines: readonly string[]) => void>> = {
    "sessions-1": ([answered, second]) => {
      expect(answered).toBe("true");
      expect(second).toMatch(/ (eogToken|maxTokens)$/);
    },
    "sessions-2": ([line]) => expect(line).toMatch(/\S 3$/),
    "structured-output-1": ([line]) => expect(line).toMatch(/ (small|large) [0-3]$/),
    "structured-output-2": (lines) => expect(lines).toEqual(["true"]),
    "functions-1": (lines) => expect(lines.slice(-3)).toEqual(["system", "user", "model"]),
    "history-1": (lines) => expect(lines).toEqual(["true", "1"]),
    "history-2": ([line]) => {
      const [moved, evaluated] = line!.split(" ").map(Number);
      expect(moved).toBeGreaterThan(0);
      expect(evaluated).toBeLessThan(moved! + 30);
    },
    "completion-1": ([line]) => expect(line).toMatch(/\S 1$/),
    "completion-2": ([, infill]) => expect(["true", "false"]).toContain(infill),
    "engine-options-1": ([context, hello, metered]) => {
      expect(context).toMatch(/^2048 \d+ /);
      expect(hello).toBe("false");
      expect(metered).toBe("true");
    },
  };

  test.each(programs)("%s", async (name) => {
    const { lines } = await runProgram(join(directory, `${name}.ts`));
    expect(Object.keys(printed)).toContain(name);
    printed[name]!(lines);
  });
});
