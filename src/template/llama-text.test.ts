import { describe, expect, it } from "vitest";
import { isLlamaText, LlamaText, SpecialToken, SpecialTokensText, tokenizeText } from "./llama-text.ts";
import { createFakeModel } from "./testing/fake-model.ts";

const special = (text: string) => new SpecialTokensText(text);

describe("LlamaText", () => {
  it("is made with and without new, and joins neighbours of one kind", () => {
    const text = LlamaText(
      "a",
      ["b", [1, true]],
      special("<x>"),
      special("<y>"),
      LlamaText("c"),
      undefined,
      "",
    );
    expect(text.values).toEqual(["ab1true", special("<x><y>"), "c"]);
    expect(new LlamaText("a")).toBeInstanceOf(LlamaText);
    expect(LlamaText("a") instanceof LlamaText).toBe(true);
    expect(isLlamaText(text)).toBe(true);
    expect(isLlamaText("a")).toBe(false);
  });

  it("refuses what it cannot hold", () => {
    expect(() => LlamaText({} as never)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => new SpecialToken("NOPE" as never)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    expect(() => LlamaText.fromJSON([{ type: "x" }] as never)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("goes through JSON and back", () => {
    const text = LlamaText("a", special("<x>"), new SpecialToken("BOS"));
    expect(JSON.parse(JSON.stringify(text))).toEqual([
      "a",
      { type: "specialTokensText", value: "<x>" },
      { type: "specialToken", value: "BOS" },
    ]);
    expect(LlamaText.fromJSON(text.toJSON()).compare(text)).toBe(true);
    expect(LlamaText("a").toJSON()).toBe("a");
    expect(LlamaText().toJSON()).toBe("");
  });

  it("compares kinds as well as texts", () => {
    expect(LlamaText("a").compare(LlamaText("a"))).toBe(true);
    expect(LlamaText("a").compare(LlamaText(special("a")))).toBe(false);
    expect(LlamaText("a").compare(LlamaText("a", special("b")))).toBe(false);
    expect(LlamaText(new SpecialToken("BOS")).compare(LlamaText(new SpecialToken("EOS")))).toBe(false);
  });

  it("trims across parts, but never a named token", () => {
    const text = LlamaText(" ", special(" <x> "), "\n");
    expect(text.trim().values).toEqual([special("<x>")]);
    expect(text.trimStart().values).toEqual([special("<x> "), "\n"]);
    expect(text.trimEnd().values).toEqual([" ", special(" <x>")]);
    expect(LlamaText(new SpecialToken("BOS"), " ").trim().values).toEqual([new SpecialToken("BOS")]);
    expect(LlamaText(" ").trim().values).toEqual([]);
  });

  it("finds texts within texts", () => {
    const text = LlamaText("hello ", special("<x>"), " world");
    expect(text.includes(LlamaText("ell"))).toBe(true);
    expect(text.includes(LlamaText("lo ", special("<x>"), " wor"))).toBe(true);
    expect(text.includes(LlamaText("lo", special("<x>")))).toBe(false);
    expect(text.includes(LlamaText("<x>"))).toBe(false);
    expect(text.includes(LlamaText(special("<x>")))).toBe(true);
  });

  it("joins, maps and concatenates", () => {
    expect(LlamaText.joinValues("-", ["a", "b", special("c")]).values).toEqual(["a-b-", special("c")]);
    expect(LlamaText("a", special("b")).joinValues("|").values).toEqual(["a|", special("b")]);
    expect(
      LlamaText("a", special("b"))
        .mapValues((value) => (typeof value === "string" ? "A" : value))
        .toString(),
    ).toBe("Ab");
    expect(LlamaText("a").concat("b").values).toEqual(["ab"]);
  });

  it("never makes a special token of plain text", () => {
    const { tokenizer } = createFakeModel();
    const tokens = LlamaText(special("<|im_end|>"), "<|im_end|>").tokenize(tokenizer, "trimLeadingSpace");
    expect(tokens[0]).toBe(3);
    expect(tokens.slice(1).some((token) => tokenizer.isSpecialToken(token))).toBe(false);
    expect(tokenizeText("<|im_end|>", tokenizer).some((token) => tokenizer.isSpecialToken(token))).toBe(
      false,
    );
  });

  it("is found again from tokens", () => {
    const { tokenizer } = createFakeModel();
    const text = LlamaText(new SpecialToken("BOS"), "Hi", special("<|im_end|>"), "!");
    expect(LlamaText.fromTokens(tokenizer, text.tokenize(tokenizer)).values).toEqual(text.values);
  });

  it("resolves named tokens by the vocabulary", () => {
    const { tokenizer } = createFakeModel();
    expect(new SpecialToken("EOS").tokenize(tokenizer)).toEqual([1]);
    expect(new SpecialToken("EOT").tokenize(tokenizer)).toEqual([]);
    expect(special("a<|im_end|>b").tokenizeSpecialTokensOnly(tokenizer)).toEqual(["a", 3, "b"]);
  });
});
