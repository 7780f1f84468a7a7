import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { buildProgram } from "./build-program.ts";

let program: string;

beforeAll(async () => {
  await resolveDefaultModel();
  program = buildProgram();
});

interface Run {
  input?: string;
  /** End the output after its first piece, as `head` does. */
  closeOutput?: boolean;
}

function run(args: readonly string[], { input = "", closeOutput = false }: Run = {}) {
  const child = spawn(process.execPath, [program, "chat", "--threads", "1", ...args]);
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (closeOutput) child.stdout.destroy();
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdin.end(input);
  return new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}

describe("the program with the default model", () => {
  test("answers a prompt and ends", async () => {
    const { code, output, errors } = await run(["--prompt", "What is the capital of France?"]);
    expect(errors).toBe("");
    expect(output).toMatch(/Paris.*\n$/);
    expect(output).not.toContain("\u001b");
    expect(code).toBe(0);
  });

  test("answers the lines of its input, and evaluates only what is new", async () => {
    const input = "What is the capital of France?\n\n/reset\nSay hello.";
    const { code, output, errors } = await run(["--stats", "--max-new-tokens", "16"], { input });
    expect(code).toBe(0);
    expect(output).toMatch(/Paris/);
    expect(errors.match(/reply \d+ tokens/g)).toHaveLength(2);
    const [, reused] = /The chat begins anew\.\n(?:.*cut at.*\n)?prompt (\d+) reused/.exec(errors) ?? [];
    expect(Number(reused)).toBeGreaterThan(10);
  });

  test("keeps all prompts: several behind one option, and those of a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "colloquy-cli-"));
    const prompts = join(folder, "prompts.json");
    writeFileSync(prompts, JSON.stringify(["Two", { text: "Three" }]));
    const template = join(folder, "template.json");
    writeFileSync(
      template,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the mark of template files
      JSON.stringify({ user: "Q: ${MESSAGE}\nA:", bot: "${MESSAGE}\n", stop: ["Q:"] }),
    );
    const chat = join(folder, "chat.json");
    const options = ["--max-new-tokens", "2", "--chat-template", template, "--save", chat];
    expect((await run([...options, "--prompt", "One", prompts, "--prompt", "Four"])).code).toBe(0);
    const resumed = await run([...options, "--resume", chat, "--prompt", "Five"]);
    expect(resumed.code).toBe(0);
    const listed = await run(["--resume", chat], { input: "/history\n" });
    expect(listed.errors.match(/user +(.*)/g)).toEqual(
      ["One", "Two", "Three", "Four", "Five"].map((text) => `user   ${text}`),
    );
  });

  test("ends with exit code 0 at the end of an empty input", async () => {
    expect(await run([])).toEqual({ code: 0, output: "", errors: "" });
  });

  test("ends quietly when nobody reads its output", async () => {
    const input = "Count to one hundred.\nAnd again.\n";
    const { code, errors } = await run(["--max-new-tokens", "400"], { input, closeOutput: true });
    expect([code, errors]).toEqual([0, ""]);
  });

  test("says that a template is unknown, with exit code 1", async () => {
    const { code, errors } = await run(["--chat-template", "klingon", "--prompt", "Hi"]);
    expect([code, errors]).toEqual([1, expect.stringMatching(/no chat template named "klingon".*chat-ml/)]);
  });
});
