import type { WritableValue } from "./write-gguf.ts";

/** Token types of `tokenizer.ggml.token_type`. */
const normal = 1;
const unknown = 2;
const control = 3;
const byte = 6;

/** A ChatML template in Jinja, the form that most chat models write. */
const chatTemplate = [
  "{% for message in messages %}",
  "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}",
  "{% endfor %}",
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
].join("");

export interface TinyVocabulary {
  tokenCount: number;
  /** Tokens that end a reply. */
  endTokens: number[];
  metadata: Record<string, WritableValue>;
}

/** Words that become tokens of their own, so that a text's tokens are not simply its bytes. */
const defaultWords = ["the", " the", "ing", "and", " and", "hello", " world", "user", "system", "assistant"];

/**
 * A vocabulary of all 256 bytes, a few merged words and ChatML's special tokens: every text can be tokenized.
 * "bpe" is the scheme of GPT-2 (bytes under printable stand-ins, merges), "spm" that of SentencePiece (scores).
 */
export function tinyVocabulary(
  scheme: "bpe" | "spm",
  words: readonly string[] = defaultWords,
  template: string | undefined = chatTemplate,
): TinyVocabulary {
  const vocabulary = scheme === "bpe" ? bpe(words) : spm(words);
  if (template !== undefined) vocabulary.metadata["tokenizer.chat_template"] = template;
  return vocabulary;
}

function bpe(words: readonly string[]): TinyVocabulary {
  const standIns = byteStandIns();
  const tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", ...standIns];
  const types = [control, control, control, ...standIns.map(() => normal)];
  const known = new Set(tokens);
  const merges: string[] = [];
  for (const word of words) {
    const pieces = [...Buffer.from(word)].map((value) => standIns[value]!);
    let left = pieces[0]!;
    for (const right of pieces.slice(1)) {
      const merged = left + right;
      if (!known.has(merged)) {
        known.add(merged);
        merges.push(`${left} ${right}`);
        tokens.push(merged);
        types.push(normal);
      }
      left = merged;
    }
  }
  return {
    tokenCount: tokens.length,
    endTokens: [0, 2],
    metadata: {
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": "gpt-2",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.token_type": { type: "array", elementType: "int32", value: types },
      "tokenizer.ggml.merges": { type: "array", elementType: "string", value: merges },
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.eos_token_id": 2,
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.ggml.add_space_prefix": false,
    },
  };
}

/** GPT-2 writes every byte as a printable character: itself where it is one, else one from U+0100 on. */
function byteStandIns(): string[] {
  const printable = (value: number) =>
    (value >= 33 && value <= 126) || (value >= 161 && value <= 172) || (value >= 174 && value <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, value) => String.fromCodePoint(printable(value) ? value : next++));
}

function spm(words: readonly string[]): TinyVocabulary {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(2, "0");
  const bytes = Array.from({ length: 256 }, (_, value) => `<0x${hex(value)}>`);
  const specials = ["<|im_start|>", "<|im_end|>"];
  // Every beginning of a word is a token, because pieces grow from two neighbours at a time.
  const beginnings = words.flatMap((word) => {
    const marked = [...word.replaceAll(" ", "\u2581")];
    return marked.map((_, index) => marked.slice(0, index + 1).join(""));
  });
  const letters = [...new Set([...words.join("")].map((letter) => letter.replace(" ", "\u2581")))];
  const pieces = [...new Set([...letters, ...beginnings])];
  const tokens = ["<unk>", "<s>", "</s>", ...specials, ...bytes, ...pieces];
  const count = tokens.length;
  const types = tokens.map((_, index) => {
    if (index === 0) return unknown;
    if (index < 5) return control;
    return index < 261 ? byte : normal;
  });
  const scores = tokens.map((token, index) => (index < 261 ? 0 : token.length - count));
  return {
    tokenCount: count,
    endTokens: [2, 4],
    metadata: {
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.token_type": { type: "array", elementType: "int32", value: types },
      "tokenizer.ggml.scores": { type: "array", elementType: "float32", value: scores },
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.eos_token_id": 2,
      "tokenizer.ggml.eot_token_id": 4,
      "tokenizer.ggml.unknown_token_id": 0,
      "tokenizer.ggml.add_bos_token": true,
      "tokenizer.ggml.add_space_prefix": false,
    },
  };
}
