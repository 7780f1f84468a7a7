import type { LanguageModel } from "../../src/engine/context-sequence.ts";
import type { NamedTokens, Token, Tokenizer } from "../../src/engine/token.ts";

export interface FakeModelOptions {
  /** Control tokens, ids from 256 on. The first is BOS, the second EOS. */
  specialTokens?: readonly string[];
  /** Tokens of several bytes, matched before single bytes, the longest first. */
  words?: readonly string[];
  /** Texts of `specialTokens` that end a generation. Default: EOS, `<|im_end|>`, `<|eot_id|>`. */
  endTokens?: readonly string[];
  metadata?: Readonly<Record<string, unknown>>;
  filename?: string;
  trainContextSize?: number;
}

const defaultSpecialTokens = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|eot_id|>"];

export const chatMlTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** A byte-level vocabulary without weights: 256 bytes, then control tokens, then words. */
export class FakeModel implements LanguageModel {
  readonly tokenizer: Tokenizer;
  readonly tokenize: Tokenizer;
  readonly detokenize: Tokenizer["detokenize"];
  readonly tokens: NamedTokens;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly filename: string | undefined;
  readonly trainContextSize: number;
  readonly vocabularySize: number;
  readonly specialTokens: readonly string[];
  readonly #bytes: Uint8Array[] = [];
  readonly #specialIds = new Map<string, Token>();
  readonly #words: readonly (readonly [Uint8Array, Token])[];
  readonly #endTokens: ReadonlySet<Token>;

  constructor(options: FakeModelOptions = {}) {
    this.specialTokens = options.specialTokens ?? defaultSpecialTokens;
    for (let byte = 0; byte < 256; byte++) this.#bytes.push(Uint8Array.of(byte));
    for (const text of this.specialTokens) {
      this.#specialIds.set(text, this.#bytes.length as Token);
      this.#bytes.push(new Uint8Array(0));
    }
    const words: [Uint8Array, Token][] = [];
    for (const word of options.words ?? []) {
      const bytes = new TextEncoder().encode(word);
      words.push([bytes, this.#bytes.length as Token]);
      this.#bytes.push(bytes);
    }
    this.#words = words.sort((a, b) => b[0].length - a[0].length);
    const ends = options.endTokens ?? [this.specialTokens[1] ?? "", "<|im_end|>", "<|eot_id|>"];
    this.#endTokens = new Set(ends.flatMap((text) => this.#specialIds.get(text) ?? []));
    this.vocabularySize = this.#bytes.length;
    this.metadata = {
      "general.architecture": "llama",
      "tokenizer.chat_template": chatMlTemplate,
      ...options.metadata,
    };
    this.filename = options.filename ?? "fake.gguf";
    this.trainContextSize = options.trainContextSize ?? 4096;
    this.tokens = this.#namedTokens();
    this.detokenize = (tokens, special = false) => this.#detokenize(tokens, special);
    this.tokenizer = Object.assign((text: string, special = false) => this.#tokenize(text, special), {
      detokenize: this.detokenize,
      isSpecialToken: (token: Token | undefined) => this.isSpecialToken(token),
      isEogToken: (token: Token | undefined) => this.isEogToken(token),
      namedTokens: this.tokens,
    });
    this.tokenize = this.tokenizer;
  }

  get endTokens(): Token[] {
    return [...this.#endTokens];
  }

  isSpecialToken(token: Token | undefined): boolean {
    return token !== undefined && token >= 256 && token < 256 + this.specialTokens.length;
  }

  isEogToken(token: Token | undefined): boolean {
    return token !== undefined && this.#endTokens.has(token);
  }

  tokenBytes(token: Token): Uint8Array {
    return this.#bytes[token]!;
  }

  /** The id of a control token by its text. */
  special(text: string): Token {
    const id = this.#specialIds.get(text);
    if (id === undefined) throw new Error(`The fake model has no token ${text}`);
    return id;
  }

  #tokenize(text: string, special: boolean): Token[] {
    if (!special) return this.#tokenizeText(text);
    const tokens: Token[] = [];
    let plain = "";
    for (let i = 0; i < text.length; ) {
      const found = this.specialTokens.find((candidate) => candidate !== "" && text.startsWith(candidate, i));
      if (found === undefined) {
        plain += text[i++];
        continue;
      }
      tokens.push(...this.#tokenizeText(plain), this.#specialIds.get(found)!);
      plain = "";
      i += found.length;
    }
    tokens.push(...this.#tokenizeText(plain));
    return tokens;
  }

  #tokenizeText(text: string): Token[] {
    const bytes = new TextEncoder().encode(text);
    const tokens: Token[] = [];
    for (let i = 0; i < bytes.length; ) {
      const word = this.#words.find(([candidate]) => candidate.every((byte, k) => bytes[i + k] === byte));
      tokens.push(word === undefined ? (bytes[i]! as Token) : word[1]);
      i += word === undefined ? 1 : word[0].length;
    }
    return tokens;
  }

  #detokenize(tokens: readonly Token[], special: boolean): string {
    const bytes: number[] = [];
    for (const token of tokens) {
      if (!this.isSpecialToken(token)) bytes.push(...this.tokenBytes(token));
      else if (special) bytes.push(...new TextEncoder().encode(this.specialTokens[token - 256]!));
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  #namedTokens(): NamedTokens {
    const [bosString = null, eosString = null] = this.specialTokens;
    return {
      bos: bosString === null ? null : this.special(bosString),
      eos: eosString === null ? null : this.special(eosString),
      eot: null,
      sep: null,
      nl: 10 as Token,
      bosString,
      eosString,
      eotString: null,
      sepString: null,
      nlString: "\n",
      shouldPrependBosToken: false,
      shouldAppendEosToken: false,
    };
  }
}
