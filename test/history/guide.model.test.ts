import { readFileSync } from "node:fs";
import * as colloquy from "colloquy";
import { afterEach, expect, test } from "vitest";

const guide = readFileSync(new URL("../../docs/guide/chat-history.md", import.meta.url), "utf8");
const examples = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
const small = "undefined, { contextSize: 1024, gpu: false, maxThreads: 1 }";
const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...values: unknown[]) => Promise<{ model: colloquy.NanoLLM; history: colloquy.ChatHistory }>;

afterEach(() => {
  for (const name of ["TIME", "DATE"]) colloquy.BotFunctions.unregister(name);
});

/** Runs an example as it stands, on the default model; what it writes to the terminal is returned. */
async function run(example: string) {
  const body = example
    .replace(/import (\{[^}]*\}) from "colloquy";/, "const $1 = colloquy;")
    .replace(/fromPretrained\([^)]*\)/, `fromPretrained(${small})`);
  let written = "";
  const process = { stdout: { write: (text: string) => (written += text) } };
  const code = `${body}\nreturn { model, history };`;
  const { model, history } = await new AsyncFunction("colloquy", "process", code)(colloquy, process);
  await model.dispose();
  return { written, roles: history.messages.map(({ role }) => role) };
}

test("the guide has an example of the loop, and one of functions", () => {
  expect(examples).toHaveLength(2);
});

test("the loop of the guide answers two prompts", async () => {
  const { written, roles } = await run(examples[0]!);
  expect(written).toMatch(/^The capital of France is Paris\.\n\n.*Rome.*\n\n$/s);
  expect(roles).toEqual(["system", "user", "bot", "user", "bot"]);
});

test("the functions of the guide are described, and the reply is appended", async () => {
  const { written, roles } = await run(examples[1]!);
  expect(written.length).toBeGreaterThan(0);
  expect(roles).toEqual(["system", "user", "bot"]);
});
