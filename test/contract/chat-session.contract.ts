import { describe, expect, test } from "vitest";
import { LlamaCompletion } from "../../src/chat/completion/llama-completion.ts";
import { defineChatSessionFunction } from "../../src/chat/functions/chat-session-function.ts";
import { LlamaChat } from "../../src/chat/generation/llama-chat.ts";
import type { LlamaChatResponseChunk } from "../../src/chat/response/response-chunk.ts";
import { LlamaChatSession } from "../../src/chat/session/llama-chat-session.ts";
import type { ContextSequence } from "../../src/engine/context-sequence.ts";
import { LlamaJsonSchemaGrammar } from "../../src/engine/llama-json-schema-grammar.ts";
import { ForcedCallWrapper } from "../../src/server/openai/forced-call-wrapper.ts";
import type { ChatWrapper, ChatWrapperGenerateContextStateOptions } from "../../src/template/chat-wrapper.ts";
import type { ChatWrapperSettings } from "../../src/template/chat-wrapper-settings.ts";
import { LlamaText } from "../../src/template/llama-text.ts";
import { ChatMLChatWrapper } from "../../src/template/wrappers/chat-ml-chat-wrapper.ts";

export interface ChatContractSubject {
  /** A sequence of 1024 tokens that holds nothing. */
  create(): ContextSequence | Promise<ContextSequence>;
}

type Clause = readonly [name: string, holds: (sequence: ContextSequence) => Promise<void>];

/** A format in which every response begins with a thought. */
class ThinkingWrapper extends ChatMLChatWrapper {
  override readonly settings: ChatWrapperSettings = {
    ...ChatMLChatWrapper.defaultSettings,
    segments: {
      thought: { prefix: LlamaText("<think>"), suffix: LlamaText("</think>"), openOnResponseStart: true },
    },
  };
}

/** Every response begins with a call, and goes on freely behind its result. */
class OneCallWrapper extends ForcedCallWrapper {
  readonly #plain = new ChatMLChatWrapper();

  constructor() {
    super(new ChatMLChatWrapper());
  }

  override generateContextState(options: ChatWrapperGenerateContextStateOptions) {
    const last = options.chatHistory.at(-1);
    const isCalled = last?.type === "model" && last.response.some((item) => typeof item === "object");
    return isCalled ? this.#plain.generateContextState(options) : super.generateContextState(options);
  }
}

const sessionOn = (contextSequence: ContextSequence, chatWrapper: ChatWrapper = new ChatMLChatWrapper()) =>
  new LlamaChatSession({ contextSequence, chatWrapper, systemPrompt: "Answer briefly." });

/** Whatever a model writes, this holds: nothing depends on how good it is. */
const clauses: readonly Clause[] = [
  [
    "a prompt is answered, streamed and remembered; the same chat gives the same answer",
    async (sequence) => {
      const session = sessionOn(sequence);
      const before = session.getChatHistory();
      let streamed = "";
      const onTextChunk = (text: string) => {
        streamed += text;
      };
      const first = await session.prompt("What is the capital of France?", { maxTokens: 8, onTextChunk });
      expect(streamed.trim()).toBe(first.trim());
      const history = session.getChatHistory();
      expect(history.slice(-2)).toMatchObject([{ type: "user" }, { type: "model", response: [first] }]);
      await session.prompt("And of Spain?", { maxTokens: 4 });
      session.setChatHistory(before);
      expect(await session.prompt("What is the capital of France?", { maxTokens: 8 })).toBe(first);
    },
  ],
  [
    "a reply begins with its prefix",
    async (sequence) => {
      const session = sessionOn(sequence);
      const reply = await session.prompt("Say hello.", { responsePrefix: "Well — 你好", maxTokens: 6 });
      expect(reply.startsWith("Well — 你好")).toBe(true);
    },
  ],
  [
    "JSON of a schema with characters of several bytes",
    async (sequence) => {
      const grammar = new LlamaJsonSchemaGrammar({
        type: "object",
        properties: { city: { enum: ["東京", "São Paulo", "Žilina"] }, size: { enum: [1, 2, 3] } },
      } as const);
      const text = await sessionOn(sequence).prompt("Describe a city.", { grammar, maxTokens: 100 });
      const value = grammar.parse(text);
      expect(["東京", "São Paulo", "Žilina"]).toContain(value.city);
    },
  ],
  [
    "a call that is forced has the name and the parameters of its function",
    async (sequence) => {
      const chat = new LlamaChat({
        contextSequence: sequence,
        chatWrapper: new ForcedCallWrapper(new ChatMLChatWrapper()),
      });
      const functions = {
        roll: {
          description: "Rolls dice",
          params: {
            type: "object",
            properties: { sides: { enum: [6, 20] }, label: { enum: ["né", "好"] } },
          },
        },
      } as const;
      const history = [
        { type: "user", text: "Roll a die." },
        { type: "model", response: [] },
      ] as never;
      const { functionCalls } = await chat.generateResponse(history, { functions, maxTokens: 120 } as never);
      const [call] = functionCalls as unknown as { functionName: string; params: Record<string, unknown> }[];
      expect(call!.functionName).toBe("roll");
      expect([6, 20]).toContain(call!.params.sides);
      expect(["né", "好"]).toContain(call!.params.label);
    },
  ],
  [
    "a function that is called is run, and the reply goes on behind its result",
    async (sequence) => {
      const asked: unknown[] = [];
      const functions = {
        roll: defineChatSessionFunction({
          description: "Rolls dice",
          params: { type: "object", properties: { sides: { enum: [6, 20] } } },
          handler: (params) => {
            asked.push(params.sides);
            return 4;
          },
        }),
      };
      const { response } = await sessionOn(sequence, new OneCallWrapper()).promptWithMeta("Roll a die.", {
        functions,
        maxTokens: 80,
      });
      expect([6, 20]).toContain(asked[0]);
      expect(response).toContainEqual(
        expect.objectContaining({ type: "functionCall", name: "roll", result: 4 }),
      );
    },
  ],
  [
    "a thought is a segment of its own, and ends when its budget is spent",
    async (sequence) => {
      const session = sessionOn(sequence, new ThinkingWrapper());
      const chunks: LlamaChatResponseChunk[] = [];
      const { response } = await session.promptWithMeta("Think about it.", {
        budgets: { thoughtTokens: 8 },
        maxTokens: 24,
        onResponseChunk: (chunk) => chunks.push(chunk),
      });
      expect(chunks[0]).toMatchObject({ type: "segment", segmentType: "thought" });
      const thoughtTokens = chunks.flatMap(({ type, tokens }) => (type === "segment" ? tokens : []));
      expect(thoughtTokens.length).toBeLessThanOrEqual(9);
      const [thought] = response;
      expect(thought).toMatchObject({ type: "segment", segmentType: "thought", ended: true });
      expect(session.getChatHistory().at(-1)).toMatchObject({ response: [thought, ...response.slice(1)] });
    },
  ],
  [
    "a full context is shifted: the chat goes on and loses nothing of its history",
    async (sequence) => {
      const session = sessionOn(sequence);
      const turns = 7;
      const text = "The harbor lies in the north, and the boats are tied up. ";
      const repeats = Math.ceil(sequence.contextSize / (turns - 3) / sequence.model.tokenize(text).length);
      for (let turn = 0; turn < turns; turn++)
        await session.prompt(`Turn ${turn}: ${text.repeat(repeats)}`, { maxTokens: 10 });
      const history = session.getChatHistory();
      expect(history.filter(({ type }) => type === "model")).toHaveLength(turns);
      expect(session.getLastEvaluationContextWindow()!.length).toBeLessThan(history.length);
      expect(sequence.contextTokens.length).toBeLessThanOrEqual(sequence.contextSize);
    },
  ],
  [
    "a prompt is preloaded and completed, and a text is",
    async (sequence) => {
      const session = sessionOn(sequence);
      await session.preloadPrompt("The weather in");
      const completion = await session.completePrompt("The weather in", { maxTokens: 4 });
      const engine = session.createPromptCompletionEngine({ maxPreloadTokens: 64 });
      engine.complete("The weather in");
      while (!engine.complete("The weather in").startsWith(completion))
        await new Promise((resolve) => setTimeout(resolve, 5));
      engine.dispose();
      session.dispose();
      const text = new LlamaCompletion({ contextSequence: sequence });
      expect(typeof (await text.generateCompletion("One, two, three,", { maxTokens: 3 }))).toBe("string");
    },
  ],
  [
    "a stop text and an abort end a reply, which is kept",
    async (sequence) => {
      const session = sessionOn(sequence);
      const before = session.getChatHistory();
      const whole = await session.prompt("Count to ten.", { maxTokens: 16 });
      session.setChatHistory(before);
      const stop = whole.slice(2, 4);
      const stopped = await session.promptWithMeta("Count to ten.", {
        maxTokens: 16,
        customStopTriggers: [stop],
      });
      expect(stopped).toMatchObject({ stopReason: "customStopTrigger" });
      expect(whole.startsWith(stopped.responseText)).toBe(true);
      const controller = new AbortController();
      const aborted = await session.promptWithMeta("Go on.", {
        signal: controller.signal,
        stopOnAbortSignal: true,
        maxTokens: 200,
        onToken: () => controller.abort(),
      });
      expect(aborted.stopReason).toBe("abort");
      expect(session.getChatHistory().at(-1)).toMatchObject({ type: "model" });
    },
  ],
];

/** What a chat does on every sequence. */
export function describeChatSession(name: string, subject: ChatContractSubject): void {
  describe(`the contract of a chat: ${name}`, () => {
    test.each(clauses)("%s", async (_, holds) => {
      const sequence = await subject.create();
      try {
        await holds(sequence);
      } finally {
        await sequence.dispose();
      }
    });
  });
}
