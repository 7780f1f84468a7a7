import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LlamaCompletion } from "../../../src/chat/completion/llama-completion.ts";
import { defineChatSessionFunction } from "../../../src/chat/functions/chat-session-function.ts";
import type { RemoteContext } from "../../../src/remote/remote-context.ts";
import { createServer } from "../../../src/server/index.ts";
import { withSession } from "../with-session.ts";
import { openVllm, type ServedVllm, vllmMetric, vllmUrl } from "./served-vllm.ts";

describe.skipIf(vllmUrl === undefined)("chats on vLLM itself: needs COLLOQUY_VLLM_URL", () => {
  let served: ServedVllm;
  let context: RemoteContext;
  beforeAll(async () => {
    served = await openVllm();
    context = await served.model.createContext({ sequences: 8 });
  });
  afterAll(() => served?.llama.dispose());

  test("a reply streams, a second prompt goes on, an edited history is answered anew", () =>
    withSession(context, async (session) => {
      const parts: string[] = [];
      const first = await session.prompt("What is the capital of France?", {
        maxTokens: 16,
        onTextChunk: (text) => parts.push(text),
      });
      expect(parts.join("").trim()).toBe(first.trim());
      expect(first).toContain("Paris");
      const history = session.getChatHistory();
      await session.prompt("And of Italy?", { maxTokens: 8 });
      expect(session.getChatHistory()).toHaveLength(history.length + 2);
      const edited = structuredClone(history).map((item) =>
        item.type === "user" ? { ...item, text: "What is the capital of Spain?" } : item,
      );
      session.setChatHistory(edited.filter(({ type }) => type !== "model").slice(0, -1));
      expect(await session.prompt("What is the capital of Spain?", { maxTokens: 16 })).toContain("Madrid");
    }));

  test("vLLM's count of cached tokens is reported, in whole blocks", () =>
    withSession(context, async (session) => {
      const story = "The wind blew over the hills, and the old house creaked. ".repeat(28);
      await session.prompt(story, { maxTokens: 4 });
      const { contextTokens } = session.sequence;
      await session.prompt("Go on.", { maxTokens: 4 });
      const { reusedTokens, sharedTokens, evaluatedTokens } = session.sequence.lastEvaluation!;
      expect(contextTokens.length).toBeGreaterThan(256 + 128);
      expect((reusedTokens + sharedTokens) % 128).toBe(0);
      expect(reusedTokens + sharedTokens).toBeGreaterThanOrEqual(256);
      expect(evaluatedTokens).toBeLessThan(256);
    }));

  test("a stop text ends the reply; an abort keeps its beginning and frees the server", () =>
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
      const aborted = await session.promptWithMeta("Tell a long story.", {
        signal: controller.signal,
        stopOnAbortSignal: true,
        onTextChunk: () => controller.abort(),
      });
      expect(aborted.stopReason).toBe("abort");
      await expect.poll(() => vllmMetric("num_requests_running"), { timeout: 3_000 }).toBe(0);
    }));

  test("leaving a reply early frees the server", async () => {
    const sequence = context.getSequence();
    for await (const { token } of sequence.generate(served.model.tokenize("Once upon a time"))) {
      expect(token).toBeGreaterThanOrEqual(0);
      expect(await vllmMetric("num_requests_running")).toBe(1);
      break;
    }
    await expect.poll(() => vllmMetric("num_requests_running"), { timeout: 3_000 }).toBe(0);
    await sequence.dispose();
  });

  test("functions are called and their results used", () =>
    withSession(context, async (session) => {
      const asked: number[] = [];
      const roll = defineChatSessionFunction({
        description: "Rolls a die and tells the number",
        params: { type: "object", properties: { sides: { enum: [6, 20] } } },
        handler: ({ sides }) => {
          asked.push(sides);
          return 4;
        },
      });
      await session.prompt("Roll a die with 6 sides.", { functions: { roll }, maxTokens: 60 });
      for (const sides of asked) expect([6, 20]).toContain(sides);
    }));

  test("the server of this library runs on it, a call that is required included", async () => {
    const web = await createServer({ context, sequences: 1 });
    const { url } = await web.listen({ port: 0 });
    const parameters = { type: "object", properties: { sides: { enum: [6, 20] } }, required: ["sides"] };
    const answer = await fetch(new URL("/v1/chat/completions", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "any",
        messages: [{ role: "user", content: "Roll a die with 6 sides." }],
        temperature: 0,
        max_tokens: 60,
        tools: [{ type: "function", function: { name: "roll", description: "Rolls dice", parameters } }],
        tool_choice: { type: "function", function: { name: "roll" } },
      }),
    });
    const { choices } = (await answer.json()) as {
      choices: { message: { tool_calls: { function: { name: string; arguments: string } }[] } }[];
    };
    const [call] = choices[0]!.message.tool_calls;
    expect(call!.function.name).toBe("roll");
    expect([6, 20]).toContain(JSON.parse(call!.function.arguments).sides);
    await web.close();
  });

  test("completion of texts and of prompts", () =>
    withSession(context, async (session) => {
      await session.preloadPrompt("Hello");
      expect((await session.completePrompt("The weather in", { maxTokens: 5 })).length).toBeGreaterThan(0);
      const contextSequence = context.getSequence();
      const completion = new LlamaCompletion({ contextSequence });
      const text = await completion.generateCompletion("One, two, three, four,", { maxTokens: 4 });
      expect(text).toContain("five");
      await contextSequence.dispose();
    }));
});
