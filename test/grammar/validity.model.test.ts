import { getLlama, type Llama, LlamaChatSession, type LlamaModel, resolveDefaultModel } from "colloquy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus } from "../../bench/workloads/constrained-corpus.ts";
import { LlamaJsonSchemaValidationError } from "../../src/grammar/index.ts";

/** Every so many schemas of the corpus, and with so many tokens: enough to end some replies and to cut others. */
const EVERY = Number(process.env.COLLOQUY_VALIDITY_EVERY ?? 9);
const SEEDS = Number(process.env.COLLOQUY_VALIDITY_SEEDS ?? 2);
const TOKENS_MAX = Number(process.env.COLLOQUY_VALIDITY_TOKENS ?? 48);

let llama: Llama;
let model: LlamaModel;
const counts = { finished: 0, cut: 0 };

beforeAll(async () => {
  llama = await getLlama({ maxThreads: 1 });
  model = await llama.loadModel({ modelPath: await resolveDefaultModel() });
});
afterAll(async () => {
  await llama?.dispose();
});

describe("whatever the default model writes at temperature 1", () => {
  test.each(
    corpus.filter((_, index) => index % EVERY === 0).map(({ name, schema }) => [name, schema] as const),
  )("%s", async (_, schema) => {
    const context = await model.createContext({ contextSize: 1024 });
    const session = new LlamaChatSession({ contextSequence: context.getSequence() });
    const fresh = session.getChatHistory();
    const grammar = await llama.createGrammarForJsonSchema(schema as never, { dialect: "standard" });
    for (let seed = 1; seed <= SEEDS; seed++) {
      session.setChatHistory(fresh);
      const { responseText, stopReason } = await session.promptWithMeta("Answer with some JSON.", {
        grammar,
        temperature: 1,
        seed,
        maxTokens: TOKENS_MAX,
      });
      if (stopReason === "maxTokens" && !grammar.matches(responseText)) {
        counts.cut++;
        expect(() => grammar.parse(responseText), responseText).toThrow(LlamaJsonSchemaValidationError);
      } else {
        counts.finished++;
        expect(grammar.matches(responseText), responseText).toBe(true);
        expect(() => grammar.parse(responseText), responseText).not.toThrow();
      }
    }
    await context.dispose();
  });

  test("some replies came to their end, and some were cut", () => {
    expect(counts.finished).toBeGreaterThan(0);
    expect(counts.cut).toBeGreaterThan(0);
  });
});
