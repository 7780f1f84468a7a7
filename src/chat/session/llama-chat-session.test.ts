import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, replies, scripted } from "../../../test/fake/fake-sequence.ts";
import { LlamaChatSession } from "./llama-chat-session.ts";

function createSession(next = replies("Hello there!", "Fine."), contextSize = 4096) {
  const model = new FakeModel();
  const sequence = new FakeSequence(model, { next, contextSize });
  const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: "Be kind." });
  return { model, sequence, session };
}

describe("prompt", () => {
  test("answers, streams and remembers", async () => {
    const { session } = createSession();
    const chunks: string[] = [];
    const tokens: number[] = [];
    const answer = await session.prompt("Hi", {
      onTextChunk: (chunk) => chunks.push(chunk),
      onToken: (list) => tokens.push(...list),
    });
    expect(answer).toBe("Hello there!");
    expect(chunks.join("")).toBe(answer);
    expect(session.model.detokenize(tokens as never)).toBe(answer);
    expect(await session.prompt("How are you?")).toBe("Fine.");
    expect(session.getChatHistory()).toEqual([
      { type: "system", text: "Be kind." },
      { type: "user", text: "Hi" },
      { type: "model", response: ["Hello there!"] },
      { type: "user", text: "How are you?" },
      { type: "model", response: ["Fine."] },
    ]);
  });

  test("evaluates only what is new in the second turn", async () => {
    const { session, sequence } = createSession();
    await session.prompt("Hi");
    const before = sequence.contextTokens.length;
    const meter = sequence.tokenMeter.getState();
    await session.prompt("How are you?");
    expect(sequence.lastEvaluation?.reusedTokens).toBe(before);
    expect(sequence.tokenMeter.diff(meter).usedInputTokens).toBe(sequence.contextTokens.length - before);
  });

  test("stops at maxTokens", async () => {
    const { session } = createSession();
    const result = await session.promptWithMeta("Hi", { maxTokens: 5 });
    expect(result).toMatchObject({ responseText: "Hello", stopReason: "maxTokens" });
    expect(session.getChatHistory().at(-1)).toEqual({ type: "model", response: ["Hello"] });
  });

  test("stops at a custom trigger and says what came after it", async () => {
    const { session } = createSession(replies("one two three"));
    const result = await session.promptWithMeta("Hi", { customStopTriggers: [" two"] });
    expect(result).toMatchObject({
      responseText: "one",
      stopReason: "customStopTrigger",
      customStopTrigger: [" two"],
    });
  });

  test("an aborted prompt throws the reason and leaves the history as it was", async () => {
    const { session } = createSession();
    const history = session.getChatHistory();
    const controller = new AbortController();
    const reason = new Error("enough");
    const prompt = session.prompt("Hi", {
      signal: controller.signal,
      onTextChunk: () => controller.abort(reason),
    });
    await expect(prompt).rejects.toBe(reason);
    expect(session.getChatHistory()).toEqual(history);
    expect(await session.prompt("Hi")).toBe("Hello there!");
  });

  test("with stopOnAbortSignal the part that was written stays", async () => {
    const { session } = createSession();
    const controller = new AbortController();
    let text = "";
    const result = await session.promptWithMeta("Hi", {
      signal: controller.signal,
      stopOnAbortSignal: true,
      onTextChunk(chunk) {
        text += chunk;
        if (text.length >= 4) controller.abort();
      },
    });
    expect(result).toMatchObject({ responseText: "Hell", stopReason: "abort" });
    expect(session.getChatHistory().at(-1)).toEqual({ type: "model", response: ["Hell"] });
  });

  test("prompts on one session run one after the other", async () => {
    const { session } = createSession(
      scripted(({ text, written }) => {
        const question = text.split("<|im_start|>user\n").at(-1)!.split("<|im_end|>")[0]!;
        return `re: ${question}`.slice(written.length);
      }),
    );
    const answers = await Promise.all(["a", "b", "c"].map((prompt) => session.prompt(prompt)));
    expect(answers).toEqual(["re: a", "re: b", "re: c"]);
    expect(
      session
        .getChatHistory()
        .map((item) => item.type)
        .join(),
    ).toBe("system,user,model,user,model,user,model");
  });

  test("begins with the response prefix", async () => {
    const { session } = createSession(replies("The weather is fine"));
    const chunks: string[] = [];
    const answer = await session.prompt("Hi", {
      responsePrefix: "The weather",
      onTextChunk: (chunk) => chunks.push(chunk),
    });
    expect(answer).toBe("The weather is fine");
    expect(chunks.join("")).toBe(answer);
  });
});
