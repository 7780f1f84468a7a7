import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type ScriptView, scripted } from "../../../test/fake/fake-sequence.ts";
import type { SequenceGrammar } from "../../engine/sequence-grammar.ts";
import { tokenTrieOf } from "../../engine/token-trie-of.ts";
import { compileGrammar } from "../../grammar/compiled-grammar.ts";
import { parseGbnf } from "../../grammar/gbnf/parse-gbnf.ts";
import type { ChatWrapperSettings } from "../../template/chat-wrapper-settings.ts";
import { LlamaText, SpecialTokensText } from "../../template/llama-text.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import type { LlamaChatResponseChunk } from "../response/response-chunk.ts";
import { LlamaChatSession } from "./llama-chat-session.ts";

const specialTokens = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"];
const tag = (text: string) => LlamaText(new SpecialTokensText(text));

class ThinkingWrapper extends ChatMLChatWrapper {
  override readonly settings: ChatWrapperSettings;

  constructor(thought: Partial<NonNullable<NonNullable<ChatWrapperSettings["segments"]>["thought"]>> = {}) {
    super();
    this.settings = {
      ...ChatMLChatWrapper.defaultSettings,
      segments: { thought: { prefix: tag("<think>"), suffix: tag("</think>"), ...thought } },
    };
  }
}

function createSession(
  script: (view: ScriptView) => string,
  wrapper = new ThinkingWrapper(),
  words: readonly string[] = [],
  tokens = specialTokens,
) {
  const model = new FakeModel({ specialTokens: tokens, words });
  const sequence = new FakeSequence(model, { next: scripted(script) });
  const session = new LlamaChatSession({
    contextSequence: sequence,
    chatWrapper: wrapper,
    systemPrompt: "Sys",
  });
  return { model, sequence, session };
}

const follow =
  (plan: string) =>
  ({ written }: ScriptView) =>
    plan.startsWith(written) ? plan.slice(written.length) : "";

function texts(chunks: readonly LlamaChatResponseChunk[], type: "segment" | undefined): string {
  return chunks
    .filter((chunk) => chunk.type === type)
    .map(({ text }) => text)
    .join("");
}

describe("segments", () => {
  test.each([
    ["special tokens", specialTokens, []],
    ["plain text", specialTokens.slice(0, 4), []],
    ["text in odd tokens", specialTokens.slice(0, 4), ["k>Hm", "<t", "</thi", "nk>4"]],
  ] as const)("a thought is told apart from the answer: tags as %s", async (_what, tokens, words) => {
    const plan = "<think>Hm, 2 and 2</think>4!";
    const { session } = createSession(follow(plan), undefined, words, [...tokens]);
    const chunks: LlamaChatResponseChunk[] = [];
    const streamed: string[] = [];
    const result = await session.promptWithMeta("2+2?", {
      onResponseChunk: (chunk) => chunks.push(chunk),
      onTextChunk: (text) => streamed.push(text),
    });
    expect(result.responseText).toBe("4!");
    expect(streamed.join("")).toBe("4!");
    expect(texts(chunks, undefined)).toBe("4!");
    expect(texts(chunks, "segment")).toBe("Hm, 2 and 2");
    const segments = chunks.filter((chunk) => chunk.type === "segment");
    expect(segments.filter(({ segmentStartTime }) => segmentStartTime !== undefined)).toEqual([segments[0]]);
    expect(segments.filter(({ segmentEndTime }) => segmentEndTime !== undefined)).toEqual([segments.at(-1)]);
    expect(result.response).toEqual([
      {
        type: "segment",
        segmentType: "thought",
        text: "Hm, 2 and 2",
        ended: true,
        startTime: expect.stringMatching(/^\d{4}-/),
        endTime: expect.stringMatching(/^\d{4}-/),
      },
      "4!",
    ]);
  });

  test("the next turn reuses everything that was generated", async () => {
    const { session, sequence } = createSession(follow("<think>Hm</think>4"));
    await session.prompt("2+2?");
    const held = sequence.contextTokens.length;
    await session.prompt("and 3?");
    expect(sequence.lastEvaluation?.reusedTokens).toBe(held);
  });

  test("a thought that the template opened is recognised", async () => {
    const { session } = createSession(
      follow("Hm</think>4"),
      new ThinkingWrapper({ prefix: { type: "openedOnStart" } }),
    );
    const result = await session.promptWithMeta("2+2?");
    expect(result.responseText).toBe("4");
    expect(result.response[0]).toMatchObject({ type: "segment", text: "Hm", ended: true });
  });

  test("a thought that the format wants opened is opened by the engine", async () => {
    const { session, sequence } = createSession(
      follow("<think>Hm</think>4"),
      new ThinkingWrapper({ openOnResponseStart: true }),
    );
    const result = await session.promptWithMeta("2+2?");
    expect(session.model.detokenize(sequence.calls[0]!.target, true)).toMatch(/assistant\n<think>$/);
    expect(result.responseText).toBe("4");
  });

  test("a reply cut off in a thought keeps it open", async () => {
    const { session } = createSession(follow("<think>Hm, well"));
    const result = await session.promptWithMeta("2+2?", { maxTokens: 4 });
    expect(result.responseText).toBe("");
    expect(result.response).toMatchObject([{ text: "Hm,", ended: false }]);
  });
});

describe("budgets", () => {
  const endless = ({ written }: ScriptView) => {
    const answer = written.split("</think>")[1];
    if (answer !== undefined) return "Four".slice(answer.length);
    return written === "" ? "<think>" : "hm ".repeat(100).slice((written.length - "<think>".length) % 3);
  };

  test.each([0, 1, 7, 50])(
    "a budget of %i tokens ends the thought, and nothing of it leaks",
    async (thoughtTokens) => {
      const { session, sequence } = createSession(endless);
      const chunks: LlamaChatResponseChunk[] = [];
      const result = await session.promptWithMeta("2+2?", {
        budgets: { thoughtTokens },
        onResponseChunk: (chunk) => chunks.push(chunk),
      });
      expect(result.responseText).toBe("Four");
      expect(texts(chunks, "segment")).toHaveLength(thoughtTokens);
      expect(session.model.detokenize(sequence.contextTokens, true)).toMatch(/<think>[hm ]*<\/think>Four$/);
    },
  );

  test("a closing tag that was just begun is written once", async () => {
    const plan = "<think>hm</think>Four";
    const { session, sequence } = createSession(follow(plan), undefined, [], specialTokens.slice(0, 4));
    const result = await session.promptWithMeta("2+2?", { budgets: { thoughtTokens: 2 } });
    expect(result).toMatchObject({ responseText: "Four", response: [{ text: "hm", ended: true }, "Four"] });
    expect(session.model.detokenize(sequence.contextTokens, true)).toMatch(/<think>hm<\/think>Four$/);
  });

  test("a model that closes the thought again is not quoted", async () => {
    const { session } = createSession(({ written }) => {
      const parts = written.split("</think>");
      if (parts.length === 1) return written === "" ? "<think>" : "x";
      return parts.length === 2 ? "</think>Four" : "Four".slice(parts[2]!.length);
    });
    expect(await session.prompt("2+2?", { budgets: { thoughtTokens: 3 } })).toBe("Four");
  });

  test("the default is half of a small context", async () => {
    const { session, sequence } = createSession(endless);
    const chunks: LlamaChatResponseChunk[] = [];
    await session.prompt("2+2?", { onResponseChunk: (chunk) => chunks.push(chunk) });
    expect(texts(chunks, "segment")).toHaveLength(sequence.contextSize / 2);
  });
});

describe("grammar", () => {
  const yesNo: SequenceGrammar = (() => {
    const compiled = compileGrammar(parseGbnf('root ::= "yes" | "no"'));
    return { matcher: (model) => compiled.matcher(tokenTrieOf(model)) };
  })();

  test("holds the answer to it", async () => {
    const { session } = createSession(() => "perhaps");
    const result = await session.promptWithMeta("Well?", { grammar: yesNo });
    expect(["yes", "no"]).toContain(result.responseText);
    expect(result.stopReason).toBe("eogToken");
  });

  test("a thought that the template opened is closed before it", async () => {
    const { session, sequence } = createSession(
      () => "n",
      new ThinkingWrapper({ prefix: { type: "openedOnStart" } }),
    );
    expect(await session.prompt("Well?", { grammar: yesNo })).toBe("no");
    expect(session.model.detokenize(sequence.contextTokens, true)).toMatch(/<\/think>no$/);
  });

  test("is not used together with functions", async () => {
    const { session } = createSession(() => "");
    const options = { grammar: yesNo, functions: { f: { handler: () => 1 } } };
    await expect(session.prompt("Well?", options as never)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
