import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, hashNext, scripted } from "../../../test/fake/fake-sequence.ts";
import type { Token } from "../../engine/token.ts";
import { arrangeInfill } from "./infill-layout.ts";
import { LlamaCompletion } from "./llama-completion.ts";

function createCompletion(text: string, contextSize = 256) {
  const model = new FakeModel();
  const next = scripted(({ written }) => text.slice(written.length), "start:");
  const sequence = new FakeSequence(model, { next, contextSize });
  return { model, sequence, completion: new LlamaCompletion({ contextSequence: sequence }) };
}

describe("generateCompletion", () => {
  test("continues a text and streams it", async () => {
    const { completion } = createCompletion(" one, two 😀");
    const chunks: string[] = [];
    const response = await completion.generateCompletionWithMeta("start:", {
      onTextChunk: (chunk) => chunks.push(chunk),
    });
    expect(response).toEqual({ response: " one, two 😀", metadata: { stopReason: "eogToken" } });
    expect(chunks.join("")).toBe(" one, two 😀");
  });

  test("takes tokens and stops at triggers and limits", async () => {
    const { completion, model } = createCompletion("a b c d");
    const input = model.tokenize("start:");
    expect(await completion.generateCompletion(input, { maxTokens: 3 })).toBe("a b");
    const stopped = await completion.generateCompletionWithMeta(input, { customStopTriggers: [" c"] });
    expect(stopped.response).toBe("a b");
    expect(stopped.metadata).toMatchObject({ stopReason: "customStopTrigger", customStopTrigger: [" c"] });
    expect(await completion.generateCompletion(input, { maxTokens: 2, trimWhitespaceSuffix: true })).toBe(
      "a",
    );
  });

  test("drops the oldest tokens when the context is full, or ends there", async () => {
    const model = new FakeModel();
    const letters = (tokens: readonly Token[]) => (97 + ((tokens.at(-1)! + 1) % 26)) as Token;
    const sequence = new FakeSequence(model, { next: letters, contextSize: 64 });
    const completion = new LlamaCompletion({ contextSequence: sequence });
    const text = "x".repeat(40);
    const ended = await completion.generateCompletionWithMeta(text, {
      maxTokens: 50,
      disableContextShift: true,
    });
    expect(ended.metadata.stopReason).toBe("maxTokens");
    expect(ended.response.length).toBeLessThan(50);
    const shifted = await completion.generateCompletionWithMeta(text, { maxTokens: 50 });
    expect(shifted.response).toHaveLength(50);
    expect(shifted.response.startsWith(ended.response)).toBe(true);
    await expect(
      completion.generateCompletion("x".repeat(80), { disableContextShift: true }),
    ).rejects.toMatchObject({ code: "context-overflow" });
  });

  test("refuses what is no text, and use after dispose", async () => {
    const { completion } = createCompletion("x");
    await expect(completion.generateCompletion({} as never)).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(completion.generateCompletion("")).rejects.toMatchObject({ code: "invalid-argument" });
    completion.dispose();
    await expect(completion.generateCompletion("x")).rejects.toMatchObject({ code: "disposed" });
  });
});

describe("infill", () => {
  const marks = { prefix: 300 as Token, suffix: 301 as Token, middle: 302 as Token };
  const list = (from: number, length: number) => Array.from({ length }, (_, i) => (from + i) as Token);

  test("arranges the sides with and without a middle token", () => {
    const parts = { start: [], prefix: list(1, 2), suffix: list(10, 2), minPrefix: 1 };
    expect(arrangeInfill({ ...parts, marks }, 100)).toEqual([300, 1, 2, 301, 10, 11, 302]);
    expect(arrangeInfill({ ...parts, marks: { ...marks, middle: undefined } }, 100)).toEqual([
      301, 10, 11, 300, 1, 2,
    ]);
  });

  test("cuts the sides far from the gap and never exceeds the room", () => {
    const parts = { start: [1 as Token], marks, prefix: list(100, 20), suffix: list(200, 20), minPrefix: 5 };
    for (let room = 4; room < 60; room++) {
      const tokens = arrangeInfill(parts, room);
      expect(tokens.length).toBe(Math.min(room, 44));
      const prefix = tokens.slice(2, tokens.indexOf(301 as Token));
      const suffix = tokens.slice(tokens.indexOf(301 as Token) + 1, -1);
      expect(prefix).toEqual(prefix.length === 0 ? [] : parts.prefix.slice(-prefix.length));
      expect(suffix).toEqual(parts.suffix.slice(0, suffix.length));
      expect(prefix.length).toBeGreaterThanOrEqual(suffix.length);
    }
  });

  test("works where the model has the tokens, and says so where it has not", async () => {
    const model = new FakeModel({ specialTokens: ["<s>", "</s>", "<PRE>", "<SUF>", "<MID>"] });
    const infill = {
      prefix: model.special("<PRE>"),
      suffix: model.special("<SUF>"),
      middle: model.special("<MID>"),
    };
    const next = scripted(({ written }) => "456".slice(written.length), "<MID>");
    const able = new FakeModel({ specialTokens: model.specialTokens });
    Object.assign(able.tokens, { infill });
    const sequence = new FakeSequence(able, { next });
    const completion = new LlamaCompletion({ contextSequence: sequence });
    expect(completion.infillSupported).toBe(true);
    expect(await completion.generateInfillCompletion("123", "789")).toBe("456");
    expect(model.detokenize(sequence.calls[0]!.target, true)).toBe("<PRE>123<SUF>789<MID>");
    const plain = new LlamaCompletion({ contextSequence: new FakeSequence(model, { next: hashNext }) });
    expect(plain.infillSupported).toBe(false);
    await expect(plain.generateInfillCompletion("1", "3")).rejects.toMatchObject({ code: "unsupported" });
  });
});
