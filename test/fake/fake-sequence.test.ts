import { describe, expect, test } from "vitest";
import type { GenerateFinish, GenerateOptions } from "../../src/engine/context-sequence.ts";
import type { Token } from "../../src/engine/token.ts";
import { tokenTrieOf } from "../../src/engine/token-trie-of.ts";
import { compileGrammar } from "../../src/grammar/compiled-grammar.ts";
import { parseGbnf } from "../../src/grammar/gbnf/parse-gbnf.ts";
import { FakeModel } from "./fake-model.ts";
import { FakeSequence } from "./fake-sequence.ts";

const letters = (tokens: readonly Token[]) => (97 + ((tokens.at(-1)! + 1) % 26)) as Token;

function createSequence(contextSize = 64) {
  const model = new FakeModel({ words: ["hello"] });
  return { model, sequence: new FakeSequence(model, { contextSize, next: letters }) };
}

async function run(sequence: FakeSequence, target: readonly Token[], options?: GenerateOptions) {
  const tokens: Token[] = [];
  const stream = sequence.generate(target, options);
  for (;;) {
    const next = await stream.next();
    if (next.done) return { tokens, finish: next.value as GenerateFinish };
    tokens.push(next.value.token);
  }
}

describe("the fake engine", () => {
  test("tokenises there and back, special tokens only when asked to", () => {
    const { model } = createSequence();
    expect(model.tokenize("hello😀")).toHaveLength(5);
    expect(model.tokenize("<|im_end|>", true)).toEqual([model.special("<|im_end|>")]);
    for (const text of ["hello 😀", "<|im_end|>"]) {
      expect(model.detokenize(model.tokenize(text))).toBe(text);
      expect(model.detokenize(model.tokenize(text, true), true)).toBe(text);
    }
  });

  test("counts what is evaluated: only the difference, and the last token of a prompt always", async () => {
    const { model, sequence } = createSequence();
    const { tokens } = await run(sequence, model.tokenize("abcd"), { maxTokens: 3 });
    expect(sequence.tokenMeter.getState()).toEqual({ usedInputTokens: 6, usedOutputTokens: 3 });
    expect(sequence.contextTokens).toHaveLength(6);
    await run(sequence, [...model.tokenize("abcd"), ...tokens], { maxTokens: 1 });
    expect(sequence.lastEvaluation).toMatchObject({ reusedTokens: 6, evaluatedTokens: 1 });
    await run(sequence, model.tokenize("abcd"), { maxTokens: 1 });
    expect(sequence.lastEvaluation).toMatchObject({ reusedTokens: 3, evaluatedTokens: 1 });
  });

  test("ends when the context is full, and refuses what does not fit", async () => {
    const { model, sequence } = createSequence(10);
    const { tokens, finish } = await run(sequence, model.tokenize("abcdef"));
    expect(finish).toEqual({ reason: "contextFull" });
    expect(tokens).toHaveLength(4);
    await expect(run(sequence, model.tokenize("x".repeat(11)))).rejects.toMatchObject({
      code: "context-overflow",
    });
  });

  test("samples only what a grammar allows", async () => {
    const { model, sequence } = createSequence();
    const grammar = compileGrammar(parseGbnf('root ::= "yes" | "no"')).matcher(tokenTrieOf(model));
    const { tokens, finish } = await run(sequence, model.tokenize("a"), { grammar });
    expect(["yes", "no"]).toContain(model.detokenize(tokens));
    expect(finish.reason).toBe("eog");
  });

  test("two generations run one after the other", async () => {
    const { model, sequence } = createSequence();
    const target = model.tokenize("ab");
    const [one, two] = await Promise.all([
      run(sequence, target, { maxTokens: 5 }),
      run(sequence, target, { maxTokens: 5 }),
    ]);
    expect(one).toEqual(two);
  });
});
