import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../src/cli/run-cli.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { CapturedOutput } from "../cli/fake-chat.ts";
import { type LlamaServer, startLlamaServer } from "./llama-server.ts";

let modelPath: string;
let server: LlamaServer;
beforeAll(async () => {
  modelPath = await resolveDefaultModel();
  server = await startLlamaServer({ modelPath, contextSize: 512, slots: 2 });
});
afterAll(() => server?.kill());

function start(...args: string[]) {
  const [input, output, errors] = [new PassThrough(), new CapturedOutput(), new CapturedOutput()];
  input.end();
  const interrupt = new AbortController();
  const environment = process.env;
  const engine = ["--engine", "llama-server", "--engine-url", server.url];
  const [command, ...others] = args;
  const io = { input, output, errors, environment, interrupt: interrupt.signal };
  return { output, errors, interrupt, code: runCli([command!, ...engine, ...others], io) };
}

test("a chat on an engine elsewhere says what a chat here says, with and without the file", async () => {
  const question = ["--prompt", "What is the capital of France?", "--max-new-tokens", "12"];
  const answers: string[] = [];
  for (const file of [[], ["--model", modelPath]]) {
    const { code, errors, output } = start("chat", ...question, ...file);
    expect([await code, errors.text]).toEqual([0, expect.not.stringContaining("colloquy:")]);
    answers.push(output.text);
  }
  expect(answers[0]).toContain("Paris");
  expect(answers[1]).toBe(answers[0]);
});

test("what the engine cannot do is said in one line", async () => {
  const { code, errors } = start("chat", "--prompt", "Hi", "--repeat-penalty", "1.3");
  expect(await code).toBe(1);
  expect(errors.text).toMatch(/repeatPenalty/);
  const far = start("chat", "--prompt", "Hi", "--context-size", "100000");
  expect(await far.code).toBe(1);
  expect(far.errors.text).toMatch(/the engine offers 511 tokens/);
});

test("serve answers for an engine elsewhere", async () => {
  const { code, errors, interrupt, output } = start("serve", "--port", "0", "--sequences", "2");
  while (!output.text.includes("at http")) {
    expect(errors.text).toBe("");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [, url] = /at (http:\S+)/.exec(output.text)!;
  const answer = await fetch(new URL("/v1/chat/completions", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "any",
      messages: [{ role: "user", content: "What is the capital of France?" }],
      max_tokens: 12,
      temperature: 0,
    }),
  });
  expect(JSON.stringify(await answer.json())).toContain("Paris");
  interrupt.abort();
  await code;
});
