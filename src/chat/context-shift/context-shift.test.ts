import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type ScriptView, scripted } from "../../../test/fake/fake-sequence.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { LlamaChatSession } from "../session/llama-chat-session.ts";
import type { LlamaChatSessionContextShiftOptions } from "../session/options.ts";
import { splitTurns } from "./drop-oldest-turns.ts";

function createSession(
  reply: string | ((view: ScriptView) => string),
  contextSize: number,
  contextShift?: LlamaChatSessionContextShiftOptions,
) {
  const model = new FakeModel();
  const script = typeof reply === "string" ? ({ written }: ScriptView) => reply.slice(written.length) : reply;
  const sequence = new FakeSequence(model, { next: scripted(script), contextSize });
  const session = new LlamaChatSession({
    contextSequence: sequence,
    chatWrapper: new ChatMLChatWrapper(),
    systemPrompt: "SYSTEM",
    contextShift,
  });
  return { model, sequence, session };
}

const contextText = (sequence: FakeSequence) => sequence.model.detokenize(sequence.contextTokens, true);

describe("splitTurns", () => {
  test("drops whole turns, keeps the system prompt, pinned messages and the last turn", () => {
    const history = [
      { type: "system", text: "s" },
      { type: "user", text: "1" },
      { type: "model", response: ["a"] },
      { type: "user", text: "2", pinned: true },
      { type: "user", text: "2b" },
      { type: "model", response: ["b"] },
      { type: "user", text: "3" },
    ] as ChatHistoryItem[];
    const { count, withoutTurns } = splitTurns(history);
    expect(count).toBe(2);
    const names = (dropped: number) =>
      withoutTurns(dropped).map((item) => (item.type === "model" ? item.response[0] : item.text));
    expect(names(0)).toEqual(["s", "1", "a", "2", "2b", "b", "3"]);
    expect(names(1)).toEqual(["s", "2", "2b", "b", "3"]);
    expect(names(2)).toEqual(["s", "2", "3"]);
  });
});

describe("a chat longer than the context", () => {
  test("goes on: old turns leave the context whole, and none leaves the history", async () => {
    const { session, sequence } = createSession("fine", 200);
    for (let i = 0; i < 12; i++) {
      expect(await session.prompt(`question ${i}`)).toBe("fine");
      const text = contextText(sequence);
      expect(text).toContain("SYSTEM");
      expect(text).toContain(`question ${i}<|im_end|>`);
      expect(
        text.replaceAll(/<\|im_start\|>user\nquestion \d+<\|im_end\|>\n<\|im_start\|>assistant\nfine/g, ""),
      ).not.toMatch(/question|fine/);
    }
    expect(session.getChatHistory()).toHaveLength(25);
    expect(session.getLastEvaluationContextWindow()!.length).toBeLessThan(12);
  });

  test("shifts now and then, not with every prompt", async () => {
    const { session, sequence } = createSession("fine", 300, { size: 100 });
    let shifts = 0;
    for (let i = 0; i < 50; i++) {
      const held = sequence.contextTokens.length;
      await session.prompt(`q${i}`);
      if (sequence.lastEvaluation!.reusedTokens < held) shifts++;
    }
    expect(shifts).toBeGreaterThan(2);
    expect(shifts).toBeLessThan(20);
  });

  test("makes room in the middle of a reply, of which nothing is cut", async () => {
    const long = "abcdefghij".repeat(9);
    const { session, sequence } = createSession(({ text, written }) => {
      return (text.includes("tell me") ? long : "fine").slice(written.length);
    }, 200);
    await session.prompt("first question");
    await session.prompt("second one");
    const chunks: string[] = [];
    const answer = await session.prompt("tell me", { onTextChunk: (chunk) => chunks.push(chunk) });
    expect(answer).toBe(long);
    expect(chunks.join("")).toBe(long);
    expect(contextText(sequence)).toContain(`tell me<|im_end|>\n<|im_start|>assistant\n${long}`);
    expect(contextText(sequence)).not.toContain("first question");
    expect(session.getChatHistory()).toHaveLength(7);
  });

  test("a reply that alone fills the context ends there", async () => {
    const { session, sequence } = createSession("x".repeat(500), 120);
    const result = await session.promptWithMeta("go");
    expect(result.stopReason).toBe("maxTokens");
    expect(result.responseText).toMatch(/^x+$/);
    expect(sequence.contextTokens.length).toBe(120);
    expect(await session.prompt("again", { maxTokens: 3 })).toBe("xxx");
  });

  test("a pinned message and the description of functions stay", async () => {
    const { session, sequence } = createSession("fine", 900);
    session.history.append("user", "REMEMBER", { pinned: true });
    session.history.append("model", "yes");
    const functions = { lookUp: { description: "LOOKS UP", handler: () => 1 } };
    for (let i = 0; i < 12; i++) await session.prompt(`question ${"!".repeat(60)} ${i}`, { functions });
    const text = contextText(sequence);
    for (const kept of ["SYSTEM", "REMEMBER", "LOOKS UP", "!! 11"]) expect(text).toContain(kept);
    expect(text).not.toContain("!! 0<");
  });

  test("a prompt that can never fit is an error with the numbers, and changes nothing", async () => {
    const { session } = createSession("fine", 120);
    await session.prompt("ok");
    const before = session.getChatHistory();
    await expect(session.prompt("x".repeat(200))).rejects.toMatchObject({
      code: "context-overflow",
      message: expect.stringMatching(/take 2\d\d tokens, and 1 more .* holds 120/),
    });
    expect(session.getChatHistory()).toEqual(before);
    expect(await session.prompt("still there?")).toBe("fine");
  });

  test("the strategy can be replaced; what does not fit falls back to the default", async () => {
    const inputs: { maxTokensCount: number; lastShiftMetadata?: object | null }[] = [];
    let useless = false;
    const strategy: LlamaChatSessionContextShiftOptions["strategy"] = (input) => {
      inputs.push(input);
      if (useless) return { chatHistory: input.chatHistory };
      return {
        chatHistory: [{ type: "system", text: "SUMMARY" }, ...input.chatHistory.slice(-2)],
        metadata: { shifts: inputs.length },
      };
    };
    const { session, sequence } = createSession("fine", 200, { size: 50, strategy });
    for (let i = 0; i < 20; i++) await session.prompt(`question ${i}`);
    expect(contextText(sequence)).toContain("SUMMARY");
    expect(contextText(sequence)).not.toContain("SYSTEM");
    expect(inputs.length).toBeGreaterThan(1);
    expect(inputs[0]!.maxTokensCount).toBeLessThanOrEqual(150);
    expect(inputs[0]!.lastShiftMetadata).toBeNull();
    expect(inputs[1]!.lastShiftMetadata).toEqual({ shifts: 1 });
    useless = true;
    for (let i = 0; i < 10; i++) expect(await session.prompt(`more ${i}`)).toBe("fine");
  });

  test("wrong options are refused", async () => {
    for (const contextShift of [{ size: 0 }, { size: 200 }, { strategy: "forget" as never }]) {
      const { session } = createSession("fine", 100, contextShift);
      const prompts = async () => {
        for (let i = 0; i < 6; i++) await session.prompt("question");
      };
      await expect(prompts()).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });
});
