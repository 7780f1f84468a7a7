import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, replies } from "../../../test/fake/fake-sequence.ts";
import { ColloquyError } from "../../base/errors.ts";
import { resolveChatWrapper } from "../../template/resolve-chat-wrapper.ts";
import { LlamaCompletion } from "../completion/llama-completion.ts";
import { defineChatSessionFunction } from "../functions/chat-session-function.ts";
import { LlamaChat } from "../generation/llama-chat.ts";
import { LlamaChatSession } from "./llama-chat-session.ts";

const model = new FakeModel();
const sequence = () => new FakeSequence(model, { next: replies("fine") });
const newSession = () => new LlamaChatSession({ contextSequence: sequence() });
// biome-ignore lint/suspicious/noExplicitAny: what JavaScript programs may pass
const wrong = (value: unknown): any => value;

/** What a call throws or rejects with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

const promptOptions: [string, unknown][] = [
  ["null", null],
  ["text", "fast"],
  ["onTextChunk", { onTextChunk: 1 }],
  ["onToken", { onToken: {} }],
  ["onResponseChunk", { onResponseChunk: "log" }],
  ["maxTokens: negative", { maxTokens: -1 }],
  ["maxTokens: text", { maxTokens: "10" }],
  ["temperature: text", { temperature: "0.8" }],
  ["temperature: negative", { temperature: -1 }],
  ["topP", { topP: 2 }],
  ["minP", { minP: -0.5 }],
  ["topK", { topK: Number.NaN }],
  ["seed", { seed: "a" }],
  ["signal", { signal: {} }],
  ["stopOnAbortSignal", { stopOnAbortSignal: "yes" }],
  ["trimWhitespaceSuffix", { trimWhitespaceSuffix: 1 }],
  ["responsePrefix", { responsePrefix: 5 }],
  ["customStopTriggers", { customStopTriggers: "stop" }],
  ["customStopTriggers: numbers", { customStopTriggers: [{}] }],
  ["grammar", { grammar: "root ::= [a-z]" }],
  ["budgets", { budgets: { thoughtTokens: -5 } }],
  ["budgets: list", { budgets: 7 }],
  ["evaluationPriority", { evaluationPriority: 9 }],
  ["repeatPenalty", { repeatPenalty: true }],
  ["repeatPenalty.lastTokens", { repeatPenalty: { lastTokens: "64" } }],
  ["repeatPenalty.penalty", { repeatPenalty: { penalty: "1.1" } }],
  ["repeatPenalty.punishTokensFilter", { repeatPenalty: { penalty: 1.1, punishTokensFilter: [] } }],
  ["dryRepeatPenalty", { dryRepeatPenalty: { strength: "1" } }],
  ["xtc", { temperature: 1, xtc: { probability: 2, threshold: 0.1 } }],
  ["tokenBias", { tokenBias: { hello: 1 } }],
  ["functions", { functions: { getPrice: {} } }],
  ["functions: list", { functions: ["getPrice"] }],
  ["functions: name", { functions: { "get price": { handler: () => 1 } } }],
  ["maxParallelFunctionCalls", { functions: { a: { handler: () => 1 } }, maxParallelFunctionCalls: 0 }],
  ["functionErrors", { functionErrors: "ignore" }],
];

const calls: [string, () => unknown][] = [
  ["session without options", () => new LlamaChatSession(wrong(undefined))],
  ["session without a sequence", () => new LlamaChatSession(wrong({}))],
  ["session on a context", () => new LlamaChatSession({ contextSequence: wrong({ getSequence() {} }) })],
  [
    "chat wrapper by name",
    () => new LlamaChatSession({ contextSequence: sequence(), chatWrapper: wrong("llama") }),
  ],
  ["system prompt", () => new LlamaChatSession({ contextSequence: sequence(), systemPrompt: wrong(7) })],
  [
    "context shift",
    () => new LlamaChatSession({ contextSequence: sequence(), contextShift: wrong("exact") }),
  ],
  [
    "context shift edit",
    () => new LlamaChatSession({ contextSequence: sequence(), contextShift: { edit: wrong("fast") } }),
  ],
  [
    "context shift media",
    () => new LlamaChatSession({ contextSequence: sequence(), contextShift: { media: wrong("forget") } }),
  ],
  ["chat without options", () => new LlamaChat(wrong(undefined))],
  ["generateResponse", () => new LlamaChat({ contextSequence: sequence() }).generateResponse(wrong("Hi"))],
  ["completion without options", () => new LlamaCompletion(wrong(undefined))],
  [
    "generateCompletion",
    () => new LlamaCompletion({ contextSequence: sequence() }).generateCompletion(wrong(5)),
  ],
  ["prompt without text", () => newSession().prompt(wrong(undefined))],
  ["completePrompt without text", () => newSession().completePrompt(wrong(undefined))],
  ["preloadPrompt without text", () => newSession().preloadPrompt(wrong({}))],
  ["history: no list", () => newSession().setChatHistory(wrong({ messages: [] }))],
  ["history: unknown type", () => newSession().setChatHistory(wrong([{ type: "assistant", text: "" }]))],
  ["history: response", () => newSession().setChatHistory(wrong([{ type: "model", response: "Hi" }]))],
  ["engine options", () => newSession().createPromptCompletionEngine(wrong({ maxPreloadTokens: "15" }))],
  ["engine callback", () => newSession().createPromptCompletionEngine(wrong({ onGeneration: 1 }))],
  ["engine prompt", () => newSession().createPromptCompletionEngine().complete(wrong(5))],
  ["function without a handler", () => defineChatSessionFunction(wrong({ description: "x" }))],
  ["unknown wrapper type", () => resolveChatWrapper(model, { type: wrong("llama9") })],
  ...promptOptions.map(([name, options]): [string, () => unknown] => [
    `prompt option ${name}`,
    () => newSession().prompt("Hi", wrong(options)),
  ]),
];

describe("bad input is refused at the entry", () => {
  test.each(calls)("%s", async (_name, call) => {
    const failure = await failureOf(call);
    expect(failure).toBeInstanceOf(ColloquyError);
    expect((failure as ColloquyError).code).toBe("invalid-argument");
  });

  test("a refused prompt leaves the session as it was", async () => {
    const session = newSession();
    const before = session.getChatHistory();
    for (const [, options] of promptOptions) await failureOf(() => session.prompt("Hi", wrong(options)));
    expect(session.getChatHistory()).toEqual(before);
    expect(await session.prompt("Hi")).toBe("fine");
  });

  test("after disposal everything is `disposed`", async () => {
    const session = newSession();
    const engine = session.createPromptCompletionEngine();
    session.dispose();
    const all: (() => unknown)[] = [
      () => session.prompt("Hi"),
      () => session.promptWithMeta("Hi"),
      () => session.preloadPrompt(""),
      () => session.completePrompt("Hi"),
      () => session.createPromptCompletionEngine(),
      () => session.resetChatHistory(),
      () => session.sequence,
      () => engine.complete("Hi"),
    ];
    for (const call of all) expect(await failureOf(call), String(call)).toMatchObject({ code: "disposed" });
  });
});
