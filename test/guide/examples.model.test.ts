import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { type ExampleRun, runExample } from "./run-example.ts";

/** Thoughts that the template opens before the first token, as reasoning models have them. */
const thinkingTemplate =
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}";

const directory = mkdtempSync(join(tmpdir(), "colloquy-guide-"));
const startDirectory = process.cwd();
const runs = new Map<string, Promise<ExampleRun>>();

/** Each example runs once, whoever asks for it. */
const run = (name: string): Promise<ExampleRun> => {
  const known = runs.get(name) ?? runExample(name);
  runs.set(name, known);
  return known;
};
const answers = ({ lines }: ExampleRun) =>
  lines.filter((line) => line.startsWith("AI: ")).map((line) => line.slice("AI: ".length));

beforeAll(() => {
  // The examples write to the folder they are run in.
  process.chdir(directory);
  process.env.EXAMPLE_THINKING_MODEL = writeTinyModel(join(directory, "thinking.gguf"), {
    contextLength: 512,
    chatTemplate: thinkingTemplate,
  });
});
afterAll(() => {
  process.chdir(startDirectory);
  delete process.env.EXAMPLE_THINKING_MODEL;
  rmSync(directory, { recursive: true, force: true });
});

describe("the examples of the guide", () => {
  test("simple chatbot: the second prompt evaluates only what is new", async () => {
    const result = await run("simple-chatbot");
    const [first, second] = answers(result);
    expect(first!.length).toBeGreaterThan(0);
    expect(second!.length).toBeGreaterThan(0);
    expect(result.evaluations).toHaveLength(2);
    const [before, after] = result.evaluations;
    expect(after!.reusedTokens).toBeGreaterThan(before!.evaluatedTokens);
    expect(after!.evaluatedTokens).toBeLessThan(before!.evaluatedTokens);
    expect(result.contextText).toContain(`<|im_start|>assistant\n${first}<|im_end|>`);
    expect(result.contextText).toContain("<|im_start|>user\nSummarize what you said<|im_end|>");
  });

  test("a chat wrapper of one's own choice frames the chat", async () => {
    const result = await run("specific-chat-wrapper");
    expect(answers(result)).toHaveLength(2);
    expect(result.contextText).toContain("### Human\nHi there, how are you?\n\n### Assistant\n");
    expect(result.contextText).not.toContain("<|im_start|>");
  });

  test("streamed chunks are the reply that is returned elsewhere", async () => {
    const streamed = await run("response-streaming");
    const returned = await run("simple-chatbot");
    expect(streamed.written).toBe(`AI: ${answers(returned)[0]}`);
  });

  test("repeat penalty: the filter sees tokens, and the poem does not go round", async () => {
    const [poem] = answers(await run("repeat-penalty"));
    const lines = poem!.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(2);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test("temperature with a seed gives the same reply every time", async () => {
    const [first] = answers(await run("temperature"));
    const [second] = answers(await runExample("temperature", "again"));
    expect(first!.length).toBeGreaterThan(0);
    expect(second).toBe(first);
  });

  test("JSON replies parse", async () => {
    const result = await run("json-response");
    const replies = answers(result);
    expect(replies).toHaveLength(2);
    for (const reply of replies) expect(typeof JSON.parse(reply)).toBe("object");
    expect(result.lines).toContain(JSON.stringify(JSON.parse(replies[0]!)));
  });

  test("JSON replies with a schema match it", async () => {
    const { lines } = await run("json-response-with-schema");
    const value = (title: string) => lines.find((line) => line.startsWith(title))?.slice(title.length + 1);
    const score = Number(value("User message positivity score:"));
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).toContain(score);
    const words = JSON.parse(value("Positive words in user message:")!) as unknown[];
    expect(words.every((word) => typeof word === "string")).toBe(true);
    expect(value("User name:")!.length).toBeGreaterThan(0);
  });

  test("functions are described to the model, and it answers", async () => {
    const result = await run("function-calling");
    expect(answers(result)[0]!.length).toBeGreaterThan(0);
    expect(result.contextText).toContain("function getFruitPrice(params: {name: string});");
    expect(result.contextText).toContain("// Get the price of a fruit");
  });

  test("the system prompt stands first", async () => {
    const { contextText } = await run("system-prompt");
    expect(contextText).toContain("system\nYou are a helpful, respectful and honest botanist. ");
    expect(contextText).not.toContain("helpful AI assistant");
  });

  test("a restored history goes on as the chat would have", async () => {
    const saved = await run("save-chat-history");
    const history = JSON.parse(readFileSync("chatHistory.json", "utf8")) as { type: string }[];
    expect(history.map(({ type }) => type)).toEqual(["system", "user", "model"]);
    expect(history[2]).toMatchObject({ response: answers(saved) });
    const restored = await run("restore-chat-history");
    const whole = await run("simple-chatbot");
    expect(answers(restored)).toEqual([answers(whole)[1]]);
  });

  test("a restored state makes the history cost nothing", async () => {
    const saved = await run("save-sequence-state");
    const restored = await run("restore-sequence-state");
    const whole = await run("simple-chatbot");
    expect(answers(restored)).toEqual([answers(whole)[1]]);
    const [evaluation] = restored.evaluations;
    const held = saved.evaluations[0]!.evaluatedTokens + saved.outputTokens;
    expect(evaluation!.reusedTokens).toBeGreaterThanOrEqual(held - 2);
    expect(evaluation!.evaluatedTokens).toBe(whole.evaluations[1]!.evaluatedTokens);
  });

  test("setting the first history back leaves nothing of the prompt between", async () => {
    const { contextText, lines } = await run("prompt-without-updating-history");
    expect(lines).toContain("User: Hi there, how are you?");
    expect(contextText).not.toContain("Hi there, how are you?");
    expect(contextText).toContain("Summarize what you said");
  });

  test("a preloaded prompt is not evaluated again", async () => {
    const result = await run("preload-prompt");
    const [preloaded, prompted] = result.evaluations;
    expect(prompted!.reusedTokens).toBe(preloaded!.evaluatedTokens);
    expect(prompted!.evaluatedTokens).toBeLessThan(10);
    expect(result.written).toBe(`AI: ${answers(result)[0]}`);
  });

  test("a prompt is completed within its tokens, on the context of the chat", async () => {
    const result = await run("complete-prompt");
    const title = "\nPrompt completion: ";
    const completion = result.lines.find((line) => line.startsWith(title))!.slice(title.length);
    expect(completion.length).toBeGreaterThan(0);
    expect(result.written.endsWith(`Completion: ${completion}`)).toBe(true);
    const [, completed] = result.evaluations;
    expect(completed!.reusedTokens).toBeGreaterThan(completed!.evaluatedTokens);
    expect(result.contextText).toContain("user\nCan I replace the cream cheese with ");
  });

  test("the completion engine answers at once from what it has generated", async () => {
    const { lines } = await run("prompt-completion-engine");
    const last = lines.findLast((line) => line.startsWith("Prompt: Hi there! How | Completion:"));
    const completion = last!.slice("Prompt: Hi there! How | Completion:".length);
    expect(completion.length).toBeGreaterThan(0);
    expect(lines).toContain(`Cached completion: ${completion}`);
    for (const prompt of ["Hi the", "Hi there"]) {
      expect(lines.some((line) => line.startsWith(`Prompt: ${prompt} |`))).toBe(true);
    }
  });

  test.each(["response-prefix", "response-prefix-general-wrapper"])("%s begins the reply", async (name) => {
    const result = await run(name);
    const [reply] = answers(result);
    expect(reply!.startsWith("The weather today is")).toBe(true);
    expect(reply!.length).toBeGreaterThan("The weather today is".length);
    expect(result.contextText).toContain(reply!.trimEnd());
  });

  test("an aborted response keeps what it has", async () => {
    const stopped = answers(await run("stop-response-generation"))[0]!;
    const whole = answers(await run("simple-chatbot"))[0]!;
    expect(stopped.length).toBeGreaterThanOrEqual(10);
    expect(stopped.length).toBeLessThan(whole.length);
    expect(whole.startsWith(stopped)).toBe(true);
  });

  test("segments are streamed with their beginning and end", async () => {
    const { lines, written } = await run("stream-response-segments");
    const full = lines.find((line) => line.startsWith("Full response: "))!.slice("Full response: ".length);
    expect(full).toMatch(/^ \[segment start: thought\] .+ \[segment end: thought\] .+$/s);
    expect(written).toBe(`AI: ${full}`);
    expect(full).not.toContain("think>");
  });

  test("a thought ends with its budget, and nothing of it is in the answer", async () => {
    const { lines, written, contextText } = await run("reasoning-budget");
    expect(lines).toContain("Thought tokens: 100");
    const count = Number(lines.find((line) => line.startsWith("Response tokens: "))!.split(": ")[1]);
    expect(count).toBeGreaterThan(0);
    const response = lines.find((line) => line.startsWith("Response: "))!.slice("Response: ".length);
    expect(written.endsWith(` [segment end: thought] ${response}`)).toBe(true);
    expect(response).not.toContain("think>");
    expect(contextText.match(/<\/think>/g)).toHaveLength(1);
  });

  test("every example was run", () => {
    const names = readdirSync(fileURLToPath(new URL("../../examples", import.meta.url)))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => name.slice(0, -".ts".length));
    expect(names.length).toBe(22);
    expect([...runs.keys()].sort()).toEqual(names.sort());
  });
});
