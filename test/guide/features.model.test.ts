import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ChatHistoryItem,
  defineChatSessionFunction,
  getLlama,
  type Llama,
  LlamaChatSession,
  type LlamaModel,
  resolveDefaultModel,
} from "colloquy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "colloquy-features-"));
let llama: Llama;
let model: LlamaModel;

beforeAll(async () => {
  llama = await getLlama();
  model = await llama.loadModel({ modelPath: await resolveDefaultModel() });
});
afterAll(async () => {
  await llama?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

async function openSession() {
  const context = await model.createContext({ contextSize: 2048 });
  const contextSequence = context.getSequence();
  return { context, contextSequence, session: new LlamaChatSession({ contextSequence }) };
}

const price = (name: string, result: string): ChatHistoryItem[] => [
  { type: "user", text: `What is the price of one ${name}?` },
  {
    type: "model",
    response: [
      { type: "functionCall", name: "getFruitPrice", params: { name }, result },
      `One ${name} costs ${result}.`,
    ],
  },
];

describe("sessions on the default model", () => {
  test("a call that earlier calls suggest is made, with parameters of the schema", async () => {
    const { context, session } = await openSession();
    session.setChatHistory([
      ...session.getChatHistory(),
      ...price("apple", "$6"),
      ...price("banana", "$4"),
      ...price("cherry", "$9"),
    ]);
    const asked: string[] = [];
    const functions = {
      getFruitPrice: defineChatSessionFunction({
        description: "Get the price of a fruit",
        params: { type: "object", properties: { name: { type: "string", maxLength: 20 } } },
        handler({ name }) {
          asked.push(name);
          return "$7";
        },
      }),
    };
    const { response } = await session.promptWithMeta("What is the price of one lemon?", {
      functions,
      maxTokens: 60,
    });
    expect(asked.length).toBeGreaterThan(0);
    expect(asked[0]!.length).toBeGreaterThan(0);
    expect(response[0]).toMatchObject({ type: "functionCall", name: "getFruitPrice", result: "$7" });
    await context.dispose();
  });

  test("an abort while a long prompt is read keeps what was read", async () => {
    const { context, contextSequence, session } = await openSession();
    const long = "The harbor lies in the north. ".repeat(200);
    const controller = new AbortController();
    const watch = setInterval(() => {
      if (contextSequence.contextTokens.length > 0) controller.abort(new Error("enough"));
    }, 5);
    await expect(session.prompt(long, { signal: controller.signal, maxTokens: 1 })).rejects.toThrow("enough");
    clearInterval(watch);
    expect(session.getChatHistory()).toHaveLength(1);
    const kept = contextSequence.contextTokens.length;
    expect(kept).toBeGreaterThan(0);
    await session.prompt(long, { maxTokens: 1 });
    const { reusedTokens } = contextSequence.lastEvaluation!;
    expect(reusedTokens).toBeGreaterThanOrEqual(kept - 1);
    await context.dispose();
  });

  test("a custom stop trigger ends the answer and is named", async () => {
    const { context, session } = await openSession();
    const { responseText, stopReason } = await session.promptWithMeta("Hi there, how are you?", {
      customStopTriggers: ["math"],
      maxTokens: 60,
    });
    expect(stopReason).toBe("customStopTrigger");
    expect(responseText).not.toContain("math");
    await context.dispose();
  });

  test("two prompts at once run one after the other", async () => {
    const { context, session } = await openSession();
    const [first, second] = await Promise.all([
      session.prompt("Name a color.", { maxTokens: 8 }),
      session.prompt("Name an animal.", { maxTokens: 8 }),
    ]);
    const texts = session
      .getChatHistory()
      .map((item) => (item.type === "model" ? item.response[0] : item.text));
    expect(texts.slice(1)).toEqual(["Name a color.", first, "Name an animal.", second]);
    await context.dispose();
  });

  test("a damaged state file is refused, and the sequence is as before", async () => {
    const { context, contextSequence, session } = await openSession();
    await session.prompt("Name a color.", { maxTokens: 8 });
    const path = join(directory, "state.bin");
    await contextSequence.saveStateToFile(path);
    const held = contextSequence.contextTokens;
    const bytes = readFileSync(path);
    for (const damaged of [bytes.subarray(0, bytes.length >> 1), flipped(bytes)]) {
      writeFileSync(path, damaged);
      await expect(contextSequence.loadStateFromFile(path, { acceptRisk: true })).rejects.toMatchObject({
        code: "state-file-invalid",
      });
      expect(contextSequence.contextTokens).toEqual(held);
    }
    expect((await session.prompt("And another?", { maxTokens: 4 })).length).toBeGreaterThan(0);
    await context.dispose();
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length - 100;
  copy[at] = copy[at]! ^ 1;
  return copy;
}
