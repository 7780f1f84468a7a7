import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type ScriptView, scripted } from "../../../test/fake/fake-sequence.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { CompletionCache } from "./completion-cache.ts";
import { LlamaChatSession } from "./llama-chat-session.ts";

/** Answers "fine", and completes what the user writes to `question`. */
function createSession(question = "Hi there, how are you?", delayMs = 0) {
  const script = ({ text }: ScriptView) => {
    const open = text.split("<|im_start|>").at(-1)!;
    if (open.startsWith("user\n")) {
      const typed = open.slice("user\n".length);
      return question.startsWith(typed) ? `${question.slice(typed.length)}<|im_end|>` : "";
    }
    return "fine".slice(open.length - "assistant\n".length);
  };
  const model = new FakeModel();
  const sequence = new FakeSequence(model, { next: scripted(script), delayMs });
  const session = new LlamaChatSession({
    contextSequence: sequence,
    chatWrapper: new ChatMLChatWrapper(),
    systemPrompt: "Sys",
  });
  return { model, sequence, session };
}

describe("preloadPrompt", () => {
  test("leaves only the end of the prompt to be evaluated", async () => {
    const { session, sequence } = createSession();
    await session.preloadPrompt("Hi there, how are you?");
    expect(session.getChatHistory()).toHaveLength(1);
    await session.prompt("Hi there, how are you?");
    expect(sequence.lastEvaluation?.evaluatedTokens).toBeLessThanOrEqual("assistant".length + 6);
  });

  test("an empty text preloads the chat", async () => {
    const { session, sequence } = createSession();
    await session.preloadPrompt("");
    expect(session.model.detokenize(sequence.contextTokens, true)).toMatch(
      /Sys<\|im_end\|>\n<\|im_start\|>user\n$/,
    );
    expect(sequence.tokenMeter.usedOutputTokens).toBe(0);
  });
});

describe("completePrompt", () => {
  test("writes on what the user began, and touches no message", async () => {
    const { session } = createSession();
    await session.prompt("Hello");
    const before = session.getChatHistory();
    const chunks: string[] = [];
    const result = await session.completePromptWithMeta("Hi the", {
      onTextChunk: (chunk) => chunks.push(chunk),
    });
    expect(result.completion).toBe("re, how are you?");
    expect(chunks.join("")).toBe(result.completion);
    expect(session.getChatHistory()).toEqual(before);
    expect(await session.completePrompt("Hi the", { maxTokens: 3 })).toBe("re,");
  });

  test("gives way to a prompt within one token", async () => {
    const { session, sequence } = createSession("Hi there, how are you?".repeat(20));
    let written = 0;
    let prompt: Promise<string> | undefined;
    const completion = session.completePrompt("Hi", {
      onTextChunk() {
        written++;
        if (written === 3) prompt = session.prompt("Hello");
      },
    });
    await expect(completion).rejects.toMatchObject({ name: "AbortError" });
    expect(await prompt).toBe("fine");
    expect(written).toBe(3);
    expect(sequence.disposed).toBe(false);
  });

  test("completes as the model where it is asked to", async () => {
    const { session, sequence } = createSession();
    const before = session.getChatHistory();
    const completion = await session.completePrompt("fi", { completeAsModel: true });
    expect(completion).toBe("ne");
    expect(session.model.detokenize(sequence.calls.at(-1)!.target, true)).toMatch(/assistant\nfi$/);
    expect(session.getChatHistory()).toEqual(before);
  });

  test("a signal aborts it; with stopOnAbortSignal it returns what is there", async () => {
    const { session } = createSession();
    for (const stopOnAbortSignal of [false, true]) {
      const controller = new AbortController();
      const completion = session.completePrompt("Hi", {
        signal: controller.signal,
        stopOnAbortSignal,
        onTextChunk: () => controller.abort(new Error("enough")),
      });
      if (stopOnAbortSignal) expect(await completion).toBe(" ");
      else await expect(completion).rejects.toThrow("enough");
    }
  });
});

describe("createPromptCompletionEngine", () => {
  const settled = async (condition: () => boolean) => {
    for (let i = 0; i < 2000 && !condition(); i++) await new Promise((resolve) => setImmediate(resolve));
    expect(condition()).toBe(true);
  };

  test("completes in the background and returns what it knows at once", async () => {
    const { session } = createSession();
    const reports: [string, string][] = [];
    const engine = session.createPromptCompletionEngine({
      onGeneration: (prompt, completion) => reports.push([prompt, completion]),
    });
    expect(engine.complete("Hi the")).toBe("");
    await settled(() => reports.at(-1)?.[1] === "re, how are you?");
    expect(engine.complete("Hi the")).toBe("re, how are you?");
    expect(engine.complete("Hi there, h")).toBe("ow are you?");
    for (const [prompt, completion] of reports) {
      expect("Hi there, how are you?".startsWith(prompt + completion)).toBe(true);
    }
    expect(session.getChatHistory()).toHaveLength(1);
  });

  test("keeps prompt and completion within maxPreloadTokens", async () => {
    const { session } = createSession();
    const reports: string[] = [];
    const engine = session.createPromptCompletionEngine({
      maxPreloadTokens: 10,
      onGeneration: (_prompt, completion) => reports.push(completion),
    });
    engine.complete("Hi the");
    await settled(() => reports.length === 4);
    await session.preloadPrompt("");
    expect(reports.at(-1)).toBe("re, ");
    expect(engine.complete("Hi there, how are you?")).toBe("");
  });

  test("forgets its completions when the chat goes on, and ends with the session", async () => {
    const { session } = createSession();
    const engine = session.createPromptCompletionEngine();
    engine.complete("Hi the");
    await settled(() => engine.complete("Hi the") === "re, how are you?");
    await session.prompt("Hello");
    expect(engine.complete("Hi the")).toBe("");
    session.dispose();
    expect(() => engine.complete("Hi")).toThrow("disposed");
  });

  test("the cache drops what was not used for longest", () => {
    const cache = new CompletionCache(2);
    cache.set("a", "1");
    cache.set("b", "2");
    expect(cache.get("a")).toBe("1");
    cache.set("c", "3");
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["1", undefined, "3"]);
    cache.set("c", "345");
    cache.set("c", "34");
    expect(cache.get("c3")).toBe("45");
    expect(cache.get("c4")).toBeUndefined();
  });
});
