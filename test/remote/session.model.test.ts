import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LlamaCompletion } from "../../src/chat/completion/llama-completion.ts";
import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { createChatModel } from "../../src/chat/streaming/nano-llm.ts";
import { getLlama as getLocalLlama } from "../../src/engine/llama.ts";
import type { Token } from "../../src/engine/token.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { getLlama } from "../../src/remote/get-llama.ts";
import type { RemoteContext } from "../../src/remote/remote-context.ts";
import type { RemoteContextSequence } from "../../src/remote/remote-context-sequence.ts";
import type { RemoteLlama } from "../../src/remote/remote-llama.ts";
import type { RemoteModel } from "../../src/remote/remote-model.ts";
import { createServer } from "../../src/server/index.ts";
import { generateAll } from "../contract/context-sequence.contract.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { type LlamaServer, startLlamaServer } from "./llama-server.ts";
import { withSession } from "./with-session.ts";

let folder: string;
let modelPath: string;
let server: LlamaServer;
let llama: RemoteLlama;
let model: RemoteModel;
let context: RemoteContext;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  modelPath = await resolveDefaultModel();
  server = await startLlamaServer({ modelPath, contextSize: 1024, slots: 4 });
  llama = await getLlama({ engine: { type: "llama-server", url: server.url } });
  model = await llama.loadModel({ modelPath });
  context = await model.createContext({ sequences: 8 });
});
afterAll(async () => {
  await llama?.dispose();
  await server?.kill();
  rmSync(folder, { recursive: true });
});

describe("a chat on llama-server", () => {
  test("answers, streams, and goes on; the second prompt finds the first one in the engine's cache", () =>
    withSession(context, async (session) => {
      const parts: string[] = [];
      const first = await session.prompt("What is the capital of France?", {
        maxTokens: 16,
        onTextChunk: (text) => parts.push(text),
      });
      expect(parts.join("").trim()).toBe(first.trim());
      expect(first).toContain("Paris");
      await session.prompt("And of Italy?", { maxTokens: 8 });
      const { reusedTokens, sharedTokens, evaluatedTokens } = session.sequence.lastEvaluation!;
      expect(reusedTokens + sharedTokens).toBeGreaterThan(evaluatedTokens);
      expect(session.getChatHistory().filter(({ type }) => type === "model")).toHaveLength(2);
    }));

  test("stop triggers end the reply here, an abort keeps its beginning", () =>
    withSession(context, async (session) => {
      const before = session.getChatHistory();
      const whole = await session.prompt("Count from one to ten.", { maxTokens: 24 });
      session.setChatHistory(before);
      const stop = whole.slice(5, 8);
      const { responseText, stopReason } = await session.promptWithMeta("Count from one to ten.", {
        maxTokens: 24,
        customStopTriggers: [stop],
      });
      expect(stopReason).toBe("customStopTrigger");
      expect(responseText).toBe(whole.slice(0, whole.indexOf(stop)).trimEnd());
      const controller = new AbortController();
      const aborted = await session.promptWithMeta("Tell a story.", {
        signal: controller.signal,
        stopOnAbortSignal: true,
        onTextChunk: () => controller.abort(),
      });
      expect(aborted.stopReason).toBe("abort");
    }));

  test("JSON of a schema, parsed and validated", () =>
    withSession(context, async (session) => {
      const grammar = await llama.createGrammarForJsonSchema({
        type: "object",
        properties: {
          city: { enum: ["Paris", "東京", "São Paulo"] },
          size: { type: "integer" },
          big: { type: "boolean" },
        },
      });
      const text = await session.prompt("Describe a city.", { grammar, maxTokens: 120 });
      const value = grammar.parse(text);
      expect(["Paris", "東京", "São Paulo"]).toContain(value.city);
      expect(typeof value.big).toBe("boolean");
    }));

  test("a prompt's completion, a completion of text, and a chat history", () =>
    withSession(context, async (session) => {
      await session.preloadPrompt("Hello");
      expect(typeof (await session.completePrompt("The weather in", { maxTokens: 5 }))).toBe("string");
      const contextSequence = context.getSequence();
      const completion = new LlamaCompletion({ contextSequence });
      const text = await completion.generateCompletion("One, two, three, four,", { maxTokens: 4 });
      expect(text).toContain("five");
      await contextSequence.dispose();
      const chat = await createChatModel(model, { contextSize: 512 });
      const history = new ChatHistory(chat);
      history.append("user", "What is the capital of France?");
      const { input } = history.embedChat();
      const reply = chat.generate(input, { kvCache: history.kvCache, maxNewTokens: 12 });
      let streamed = "";
      for await (const part of reply) streamed += part;
      expect(streamed).toContain("Paris");
      await chat.context.dispose();
    }));

  test("a state is ids: it is loaded by evaluation, and refused for another model", async () => {
    const sequence = context.getSequence();
    const tokens = model.tokenize("Once upon a time there was");
    const sampling = { temperature: 0.9, topP: 0.9, seed: 12 };
    const draw = () => generateAll(sequence, tokens, { sampling, maxTokens: 6 });
    const { tokens: reply } = await draw();
    await sequence.preload(tokens);
    const file = path.join(folder, "chat.state");
    expect((await sequence.saveStateToFile(file)).fileSize).toBeGreaterThan(0);
    await generateAll(sequence, tokens, { maxTokens: 1 });
    await sequence.clearHistory();
    await sequence.loadStateFromFile(file);
    expect(sequence.contextTokens).toEqual(tokens);
    expect(sequence.lastSampling).toMatchObject(sampling);
    expect((await draw()).tokens).toEqual(reply);
    expect(sequence.lastEvaluation!.evaluatedTokens).toBe(1);
    await sequence.preload(tokens);
    writeFileSync(file, "{}");
    await expect(sequence.loadStateFromFile(file)).rejects.toMatchObject({ code: "state-file-invalid" });
    expect(sequence.contextTokens).toEqual(tokens);
    await sequence.dispose();
  });

  test("what it cannot do is refused by name", () =>
    withSession(context, async (session) => {
      await expect(
        session.prompt("Hi", { repeatPenalty: { penalty: 1.2 }, maxTokens: 2 }),
      ).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("repeatPenalty") });
      const sequence = session.sequence as RemoteContextSequence;
      expect(() => context.getSequence({ contextShift: {} } as object)).toThrow("contextShift");
      const lora = { lora: "adapter.gguf" } as object;
      await expect(model.createContext(lora)).rejects.toMatchObject({ code: "unsupported" });
      await expect(llama.loadModel({ modelPath, gpuLayers: 3 } as never)).rejects.toThrow("gpuLayers");
      const marker = -1 as Token;
      await expect(sequence.preload([marker])).rejects.toThrow("media");
    }));

  test("a seed repeats a reply; every sampler that is offered is one that the server takes", async () => {
    const sequence = context.getSequence();
    const target = model.tokenize("Once upon a time");
    const write = async (seed: number) => {
      const sampling = {
        temperature: 1.2,
        topK: 100,
        topP: 0.98,
        minP: 0.01,
        xtc: { probability: 0.2, threshold: 0.1 },
        dryRepeatPenalty: { strength: 0.8 },
        seed,
      };
      return (await generateAll(sequence, target, { sampling, maxTokens: 12 })).tokens;
    };
    const first = await write(7);
    expect(await write(7)).toEqual(first);
    expect(await write(8)).not.toEqual(first);
    await sequence.dispose();
  });

  test("log probabilities are those of llama.cpp here", async () => {
    const local = await getLocalLlama({ gpu: false, maxThreads: 1 });
    const here = (
      await (await local.loadModel({ modelPath })).createContext({ contextSize: 64 })
    ).getSequence();
    const there = context.getSequence();
    const target = model.tokenize("The capital of France is");
    const first = async (sequence: typeof here | typeof there) => {
      for await (const step of sequence.generate(target, { maxTokens: 1, logprobs: 3 })) return step;
      throw new Error("no token");
    };
    const [a, b] = [await first(here), await first(there)];
    expect(b.token).toBe(a.token);
    expect(b.logprobs!.token).toBeCloseTo(a.logprobs!.token, 1);
    expect(b.logprobs!.top.map(([id]) => id)).toEqual(a.logprobs!.top.map(([id]) => id));
    await there.dispose();
    await local.dispose();
  });

  test("the server of this library runs on it, a function's call held to its schema included", async () => {
    const web = await createServer({ context, sequences: 1 });
    const { url } = await web.listen({ port: 0 });
    const ask = async (content: string, more: object) => {
      const answer = await fetch(new URL("/v1/chat/completions", url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "any",
          messages: [
            { role: "system", content: "Answer in one sentence." },
            { role: "user", content },
          ],
          temperature: 0,
          max_tokens: 60,
          ...more,
        }),
      });
      const { choices } = (await answer.json()) as {
        choices: {
          message: { content: string; tool_calls: { function: { name: string; arguments: string } }[] };
        }[];
      };
      return choices[0]!.message;
    };
    expect((await ask("What is the capital of France?", {})).content).toContain("Paris");
    const parameters = { type: "object", properties: { sides: { enum: [6, 20] } }, required: ["sides"] };
    const { tool_calls } = await ask("Roll a die with 6 sides.", {
      tools: [{ type: "function", function: { name: "roll", description: "Rolls dice", parameters } }],
      tool_choice: { type: "function", function: { name: "roll" } },
    });
    expect(tool_calls[0]!.function.name).toBe("roll");
    expect([6, 20]).toContain(JSON.parse(tool_calls[0]!.function.arguments).sides);
    await web.close();
  });

  test("another model's vocabulary is refused when connecting", async () => {
    const other = writeTinyModel(path.join(folder, "tiny.gguf"));
    await expect(llama.loadModel({ modelPath: other })).rejects.toMatchObject({ code: "unsupported" });
  });
});
