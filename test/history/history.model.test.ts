import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { createChatModel, type NanoLLM } from "../../src/chat/streaming/nano-llm.ts";
import type { SequenceCache } from "../../src/chat/streaming/sequence-cache.ts";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import type { Token } from "../../src/engine/token.ts";
import { seededRandom } from "../fake/seeded-random.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";

const architectures = ["llama", "gemma3", "mamba"] as const;
const contextSize = 512;
const replyLength = 6;
/** Sums of floats differ in their last bits with the shape of a batch: a random model's ties may fall either way. */
const tolerance = 0.02;

let folder: string;
let llama: Llama;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-history-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

/** The slow twin: what a fresh context that reads everything writes, with its two best tokens for each place. */
async function freshly(model: LlamaModel, target: readonly Token[]) {
  const context = await model.createContext({ contextSize });
  const steps: { token: Token; lead: number }[] = [];
  for await (const { token, logprobs } of context
    .getSequence()
    .generate(target, { maxTokens: replyLength, logprobs: 2 })) {
    const [best, second] = logprobs!.top;
    steps.push({ token, lead: best![1] - second![1] });
  }
  await context.dispose();
  return steps;
}

function expectSameText(ours: readonly Token[], twin: readonly { token: Token; lead: number }[]) {
  for (const [index, { token, lead }] of twin.entries()) {
    if (ours[index] === token) continue;
    expect(lead).toBeLessThan(tolerance);
    return;
  }
  expect(ours).toHaveLength(twin.length);
}

const sentences = ["hello world", "the user and the system", "And then? 😀", "x", "Ünïcode,\nlines", ""];

/** One random edit; the chat stays short enough for the context. */
function edit(history: ChatHistory, random: () => number): void {
  const below = (count: number) => Math.floor(random() * count);
  const text = `${sentences[below(sentences.length)]} ${below(100)}`;
  if (history.numTokens > contextSize - 120) {
    history.reset({ wrapTokens: 100 });
    return;
  }
  switch (below(8)) {
    case 0:
      history.pop(below(history.length + 1));
      break;
    case 1: {
      const start = below(history.length + 1);
      history.remove(start, start + below(history.length - start + 1));
      break;
    }
    case 2:
      history.insert(below(history.length + 1), random() < 0.5 ? "user" : "bot", text);
      break;
    case 3:
      if (history.length > 0) history.replace(below(history.length), text);
      break;
    case 4:
      history.systemPrompt = text;
      break;
    case 5:
      history.reset({ useCache: random() < 0.8, systemPrompt: random() < 0.8, wrapTokens: below(120) });
      break;
    default:
      history.append("user", text);
  }
}

/** Asks for a reply and checks it, and the cache, against what was rendered. */
async function answer(chat: NanoLLM, model: LlamaModel, history: ChatHistory): Promise<void> {
  history.append("user", "hello");
  const target = [...history.tokens];
  const reply = chat.generate(history.embedChat().input, {
    kvCache: history.kvCache,
    maxNewTokens: replyLength,
  });
  await reply.wait();
  expectSameText(reply.tokens, await freshly(model, target));
  expect(reply.kvCache.tokens).toEqual([...target, ...reply.tokens].slice(0, reply.kvCache.length));
  expect(reply.kvCache.length).toBeGreaterThanOrEqual(target.length);
  const { inputTokens, reusedTokens } = reply.stats;
  expect(inputTokens + reusedTokens).toBe(target.length);
  history.append("bot", reply);
}

/** The cache, once it is brought in line, holds the rendered chat: nothing more, nothing less, nothing else. */
async function expectTrueCache(chat: NanoLLM, history: ChatHistory): Promise<void> {
  const fresh = new ChatHistory(chat, { systemPrompt: false });
  fresh.setItems(history.toItems());
  expect(chat.detokenize(history.tokens, true)).toBe(chat.detokenize(fresh.tokens, true));
  const cache = history.kvCache as SequenceCache | undefined;
  if (cache === undefined || history.numTokens === 0) return;
  const { input, position } = history.embedChat();
  expect(position + input.length).toBe(history.numTokens);
  expect(cache.tokens.slice(0, position)).toEqual(history.tokens.slice(0, position));
  await chat.generate(input, { kvCache: cache, maxNewTokens: 0 }).wait();
  expect(cache.tokens).toEqual(history.tokens);
  expect(history.position).toBe(history.numTokens);
  const spans = history.messages.map(({ startToken, numTokens }) => [startToken, numTokens] as const);
  let end = 0;
  for (const [start, count] of spans) {
    expect(start).toBe(end);
    end = start + count;
  }
  if (spans.length > 0) expect(end).toBe(history.numTokens);
}

describe.each(architectures)("%s", (architecture) => {
  test("D6, D9: whatever is edited, the cache holds the rendered chat, and answers as a fresh context does", async () => {
    const modelPath = writeTinyModel(path.join(folder, `${architecture}.gguf`), { architecture });
    const model = await llama.loadModel({ modelPath });
    const chat = await createChatModel(model, { contextSize, sequences: 2 });
    for (const seed of [1, 2]) {
      const random = seededRandom(seed);
      const histories = [new ChatHistory(chat), new ChatHistory(chat, { systemPrompt: "the system" })];
      for (let round = 0; round < 60; round++) {
        const history = histories[round % 2]!;
        edit(history, random);
        if (random() < 0.5) await answer(chat, model, history);
        if (random() < 0.4) await expectTrueCache(chat, history);
      }
    }
    await chat.dispose();
    expect(model.disposed).toBe(false);
    await model.dispose();
  });
});
