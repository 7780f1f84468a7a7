import { describe, expect, it } from "vitest";
import type { Token } from "../engine/token.ts";
import { LlamaText, type LlamaTextValue, SpecialToken, SpecialTokensText } from "./llama-text.ts";
import { createFakeModel } from "./testing/fake-model.ts";
import { ContextTokenizer, tokenizeContext, tokenizeContextPlainly } from "./tokenize-context.ts";

/** A small generator with a seed, so that a failure can be repeated. */
function createRandom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

describe("tokenizeContext", () => {
  it("gives exactly the tokens of tokenising without a memo", () => {
    const model = createFakeModel();
    const random = createRandom(7);
    const words = ["", "a", "<|im_end|>", " b", "\n", "<s>", "lorem ipsum", "<|im_start|>user\n"];
    for (let round = 0; round < 400; round++) {
      const values: LlamaTextValue[] = Array.from({ length: random(8) }, () => {
        const word = words[random(words.length)]!;
        const kind = random(4);
        if (kind === 0) return new SpecialToken((["BOS", "EOS", "EOT"] as const)[random(3)]!);
        return kind === 1 ? word : new SpecialTokensText(word);
      });
      const text = LlamaText(values);
      expect(tokenizeContext(text, model)).toEqual(tokenizeContextPlainly(text, model));
    }
  });

  it("tokenises each part once: a longer chat costs its new parts", () => {
    const model = createFakeModel();
    const tokenizer = new ContextTokenizer(model);
    const turns = Array.from({ length: 200 }, (_, index) => [
      new SpecialTokensText("<|im_start|>user\n"),
      `message ${index}`,
      new SpecialTokensText("<|im_end|>\n"),
    ]);
    tokenizer.tokenize(LlamaText(turns));
    model.calls.length = 0;
    tokenizer.tokenize(LlamaText(turns, new SpecialTokensText("<|im_start|>user\n"), "one more"));
    expect(model.calls).toEqual(["one more"]);
  });

  it("stays bounded and right when more parts come than it remembers", () => {
    const model = createFakeModel();
    const tokenizer = new ContextTokenizer(model);
    for (let index = 0; index < 6000; index++) tokenizer.tokenize(LlamaText(`part ${index}`));
    model.calls.length = 0;
    const first = LlamaText("part 0");
    expect(tokenizer.tokenize(first)).toEqual(tokenizeContextPlainly(first, model));
    expect(model.calls.length).toBe(2);
    model.calls.length = 0;
    tokenizer.tokenize(LlamaText("part 5999"));
    expect(model.calls).toEqual([]);
  });

  it("writes BOS at the start only when the vocabulary wants it there", () => {
    const text = LlamaText(new SpecialToken("BOS"), "a", new SpecialToken("BOS"));
    const a = ("a".codePointAt(0)! + 4) as Token;
    expect(tokenizeContext(text, createFakeModel())).toEqual([0, a, 0]);
    expect(tokenizeContext(text, createFakeModel({ prependsBos: false }))).toEqual([a, 0]);
  });

  it("gives the tokens part by part", () => {
    const model = createFakeModel();
    const text = LlamaText(new SpecialTokensText("<s>x"), "yz");
    const parts = new ContextTokenizer(model).tokenizeParts(text);
    expect(parts.map((part) => part.length)).toEqual([2, 2]);
    expect(parts.flat()).toEqual(tokenizeContext(text, model));
  });
});
