import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeTinyModel } from "../../test/gguf/tiny-model.ts";
import { getLlama } from "../engine/llama.ts";
import { LlamaText } from "./llama-text.ts";
import { SpecialToken, SpecialTokensText } from "./special-token.ts";
import { ChatMLChatWrapper } from "./wrappers/chat-ml-chat-wrapper.ts";

const directory = mkdtempSync(join(tmpdir(), "llama-text-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("a text with special tokens becomes tokens with nothing but a model's tokenizer", async () => {
  const llama = await getLlama();
  const model = await llama.loadModel({ modelPath: writeTinyModel(join(directory, "tiny.gguf")) });
  const text = LlamaText(new SpecialTokensText("<|im_start|>"), "hello", new SpecialToken("EOS"));
  const tokens = text.tokenize(model.tokenizer);
  expect(tokens.at(-1)).toBe(model.tokens.eos);
  expect(model.detokenize(tokens.slice(0, -1), true)).toBe("<|im_start|>hello");
  const { contextText } = new ChatMLChatWrapper().generateContextState({
    chatHistory: [{ type: "user", text: "hello" }],
  });
  expect(contextText.tokenize(model.tokenizer).length).toBeGreaterThan(3);
  await llama.dispose();
});
