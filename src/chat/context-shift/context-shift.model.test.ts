import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeTinyModel } from "../../../test/gguf/tiny-model.ts";
import { getLlama, type Llama } from "../../engine/llama.ts";
import type { LlamaModel } from "../../engine/model/llama-model.ts";
import { LlamaChatSession } from "../session/llama-chat-session.ts";
import type { LlamaChatSessionContextShiftOptions } from "../session/options.ts";

const directory = mkdtempSync(join(tmpdir(), "context-shift-"));
let llama: Llama;
let model: LlamaModel;

beforeAll(async () => {
  llama = await getLlama();
  model = await llama.loadModel({ modelPath: writeTinyModel(join(directory, "tiny.gguf")) });
});
afterAll(async () => {
  await llama?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

const replyTokens = 40;

/** A chat of many turns in a small context. Returns what each prompt evaluated beyond the reply, and moved. */
async function chat(
  contextShift: LlamaChatSessionContextShiftOptions,
  turns: number,
  onTurn?: (session: LlamaChatSession, turn: number) => void,
) {
  const context = await model.createContext({ contextSize: 512 });
  // Tokens drafted in vain would count as evaluated.
  const contextSequence = context.getSequence({ drafts: false });
  const session = new LlamaChatSession({ contextSequence, contextShift });
  // The random model would write bytes that are no text, and a history holds text.
  const grammar = await llama.createGrammar({ grammar: "root ::= [a-z]+" });
  const costs: { evaluated: number; moved: number; held: number }[] = [];
  const replies: string[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const { usedInputTokens } = contextSequence.tokenMeter;
    replies.push(await session.prompt(`Question ${turn}`, { maxTokens: replyTokens, grammar }));
    costs.push({
      evaluated: contextSequence.tokenMeter.usedInputTokens - usedInputTokens,
      moved: contextSequence.lastEvaluation!.movedTokens,
      held: contextSequence.contextTokens.length,
    });
    onTurn?.(session, turn);
  }
  await context.dispose();
  return { costs, replies };
}

describe("context shift on the engine", () => {
  test("moves what stays: a shift evaluates little more than what is new", async () => {
    const promptTokens = model.tokenize(
      "<|im_start|>user\nQuestion 10<|im_end|>\n<|im_start|>assistant\n",
      true,
    ).length;
    const { costs } = await chat({}, 40);
    expect(costs.filter(({ moved }) => moved > 0).length).toBeGreaterThan(2);
    for (const { evaluated } of costs.slice(1)) expect(evaluated).toBeLessThanOrEqual(promptTokens + 32);
    for (const { held } of costs) expect(held).toBeLessThanOrEqual(512);
  });

  test('with edit: "exact" what stays is evaluated again, as in a fresh context', async () => {
    const { costs } = await chat({ edit: "exact" }, 14);
    expect(costs.every(({ moved }) => moved === 0)).toBe(true);
    expect(Math.max(...costs.slice(1).map(({ evaluated }) => evaluated))).toBeGreaterThan(200);
  });

  test("after an edit of the history the cache is exact again", async () => {
    const { costs } = await chat({}, 16, (session, turn) => {
      if (turn === 14) session.setChatHistory(session.getChatHistory().slice(-6));
    });
    expect(costs.slice(0, 15).some(({ moved }) => moved > 0)).toBe(true);
    expect(costs[15]!.moved).toBe(0);
    expect(costs[15]!.evaluated).toBeGreaterThan(100);
  });
});
