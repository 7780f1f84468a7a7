import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type ScriptView, scripted } from "../../../test/fake/fake-sequence.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { LlamaChatSession } from "./llama-chat-session.ts";

/** Answers with the last question and how many questions it sees. */
function echo({ text, written }: ScriptView): string {
  const questions = text.split("<|im_start|>user\n").slice(1);
  const last = questions.at(-1)!.split("<|im_end|>")[0]!;
  return `${last}/${questions.length}`.slice(written.length);
}

function createSession(options: { words?: readonly string[]; delayMs?: number; chunkSize?: number } = {}) {
  const model = new FakeModel({ words: options.words });
  const sequence = new FakeSequence(model, { next: scripted(echo), ...options });
  const session = new LlamaChatSession({
    contextSequence: sequence,
    chatWrapper: new ChatMLChatWrapper(),
    systemPrompt: "Sys",
  });
  return { model, sequence, session };
}

describe("the chat's history", () => {
  test("can be edited between prompts, and only what changed is evaluated", async () => {
    const { session, sequence } = createSession();
    for (const prompt of ["a", "b", "c"]) await session.prompt(prompt);
    session.history.remove(3, 5);
    const held = session.history.position;
    expect(await session.prompt("d")).toBe("d/3");
    expect(sequence.lastEvaluation?.reusedTokens).toBeGreaterThanOrEqual(held);
    session.history.systemPrompt = "New";
    session.history.replace(1, "z");
    expect(await session.prompt("e")).toBe("e/4");
    expect(session.model.detokenize(sequence.contextTokens, true)).toMatch(
      /New<\|im_end\|>\n<\|im_start\|>user\nz</,
    );
  });

  test("keeps its messages from prompt to prompt", async () => {
    const { session } = createSession();
    await session.prompt("a");
    const first = session.history[1];
    await session.prompt("b");
    expect(session.history[1]).toBe(first);
    expect(first?.cached).toBe(true);
    expect(session.history.numTokens).toBe(session.history.position);
  });

  test("cannot be edited while a response is being written", async () => {
    const { session } = createSession();
    let error: unknown;
    await session.prompt("a", {
      onTextChunk() {
        try {
          session.setChatHistory([]);
        } catch (thrown) {
          error = thrown;
        }
      },
    });
    expect(error).toMatchObject({ code: "busy" });
    session.setChatHistory([]);
    expect(session.getChatHistory()).toEqual([]);
  });

  test("a saved chat goes on as the first would have, and a sequence that holds it evaluates nothing of it", async () => {
    const { session, sequence, model } = createSession();
    await session.prompt("a");
    const saved = JSON.parse(JSON.stringify(session.getChatHistory()));
    const held = sequence.contextTokens.length;
    const again = new LlamaChatSession({ contextSequence: sequence, chatWrapper: new ChatMLChatWrapper() });
    again.setChatHistory(saved);
    expect(await again.prompt("b")).toBe("b/2");
    expect(sequence.lastEvaluation?.reusedTokens).toBe(held);
    const fresh = new LlamaChatSession({
      contextSequence: new FakeSequence(model, { next: scripted(echo) }),
      chatWrapper: new ChatMLChatWrapper(),
    });
    fresh.setChatHistory(saved);
    expect(await fresh.prompt("b")).toBe("b/2");
    expect(fresh.getChatHistory()).toEqual(again.getChatHistory());
  });

  test("a reply written in odd tokens is not evaluated again", async () => {
    const { session, sequence } = createSession({ words: ["a/1", "/1"] });
    const next = sequence.next;
    sequence.next = (tokens, model) => {
      const token = next(tokens, model);
      return model.tokenBytes(token).length > 1 ? (model.tokenBytes(token)[0] as typeof token) : token;
    };
    await session.prompt("a");
    const held = sequence.contextTokens.length;
    await session.prompt("b");
    expect(sequence.lastEvaluation?.reusedTokens).toBe(held);
  });

  test("a prompt can be made without being remembered", async () => {
    const { session } = createSession();
    const initial = session.getChatHistory();
    await session.prompt("a");
    session.setChatHistory(initial);
    expect(await session.prompt("b")).toBe("b/1");
    session.resetChatHistory();
    expect(session.getChatHistory()).toEqual([{ type: "system", text: "Sys" }]);
  });

  test("two user messages in a row become one turn", async () => {
    const { session } = createSession();
    session.history.append("user", "first");
    await session.prompt("second");
    expect(session.getChatHistory()[1]).toEqual({ type: "user", text: "first\n\nsecond" });
  });
});

describe("errors", () => {
  test("an abort while the prompt is read settles within a chunk, and the next prompt uses what was read", async () => {
    const { session, sequence } = createSession({ chunkSize: 8 });
    const controller = new AbortController();
    const long = "x".repeat(400);
    const prompt = session.prompt(long, { signal: controller.signal, stopOnAbortSignal: true });
    const failed = expect(prompt).rejects.toThrow("enough");
    while (sequence.contextTokens.length < 100) await new Promise((resolve) => setImmediate(resolve));
    const held = sequence.contextTokens.length;
    controller.abort(new Error("enough"));
    await failed;
    expect(sequence.contextTokens.length).toBeLessThanOrEqual(held + 8);
    const kept = sequence.contextTokens.length;
    expect(await session.prompt(long)).toBe(`${long}/1`);
    expect(sequence.lastEvaluation?.reusedTokens).toBe(kept);
  });

  test("a throwing listener rejects the prompt; the session goes on", async () => {
    const { session } = createSession();
    const error = new Error("listener");
    const options = {
      onTextChunk() {
        throw error;
      },
    };
    await expect(session.prompt("a", options)).rejects.toBe(error);
    expect(await session.prompt("b")).toBe("b/1");
  });

  test("a prompt that waits can be aborted without disturbing the one before it", async () => {
    const { session } = createSession();
    const controller = new AbortController();
    const first = session.prompt("a");
    const second = session.prompt("b", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    expect(await first).toBe("a/1");
    expect(await session.prompt("c")).toBe("c/2");
  });

  test("use after dispose, and options of the wrong kind, have codes", async () => {
    const { session, sequence } = createSession();
    for (const options of [
      { maxTokens: "9" },
      { onTextChunk: 1 },
      { signal: {} },
      { customStopTriggers: "x" },
      { grammar: {} },
      { evaluationPriority: 9 },
      { budgets: { thoughtTokens: "1" } },
      null,
    ]) {
      await expect(session.prompt("a", options as never)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    await expect(session.prompt(1 as never)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(() => new LlamaChatSession({} as never)).toThrow("contextSequence");
    expect(() => new LlamaChatSession({ contextSequence: sequence, chatWrapper: "chatml" as never })).toThrow(
      "chatWrapper",
    );
    session.dispose();
    expect(session.disposed).toBe(true);
    expect(sequence.disposed).toBe(false);
    await expect(session.prompt("a")).rejects.toMatchObject({ code: "disposed" });
    session.dispose({ disposeSequence: true });
    expect(() => session.sequence).toThrow("disposed");
  });

  test("autoDisposeSequence takes the sequence along", () => {
    const sequence = new FakeSequence(new FakeModel());
    const session = new LlamaChatSession({ contextSequence: sequence, autoDisposeSequence: true });
    session[Symbol.dispose]();
    expect(sequence.disposed).toBe(true);
    expect(() => new LlamaChatSession({ contextSequence: sequence })).toThrow("disposed");
  });
});
