import type { NamedTokens, Token, Tokenizer } from "../../engine/token.ts";

/** Special tokens of {@link createFakeModel}, the first one BOS and the second one EOS. */
const defaultSpecials = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"];

/**
 * A vocabulary for tests: the special tokens, then one token per character. Like SentencePiece, it puts a space
 * before a text that does not continue another one.
 */
export function createFakeModel({
  specials = defaultSpecials,
  prependsBos = true,
  metadata = {},
  filename,
}: {
  specials?: readonly string[];
  prependsBos?: boolean;
  metadata?: Record<string, unknown>;
  filename?: string;
} = {}) {
  const calls: string[] = [];
  const characters = (text: string) => [...text].map((c) => (c.codePointAt(0)! + specials.length) as Token);
  const tokenize = (text: string, special = false, options?: "trimLeadingSpace"): Token[] => {
    calls.push(text);
    const spaced = options === undefined && text !== "" && prependsBos ? ` ${text}` : text;
    if (!special) return characters(spaced);
    const pattern = new RegExp(`(${specials.map((text) => text.replaceAll(/[|[\]]/g, "\\$&")).join("|")})`);
    const startsSpecial = specials.some((text) => spaced.startsWith(` ${text}`));
    return (startsSpecial ? text : spaced).split(pattern).flatMap((part) => {
      const id = specials.indexOf(part);
      return id === -1 ? characters(part) : [id as Token];
    });
  };
  const isSpecialToken = (token: Token | undefined) => token !== undefined && token < specials.length;
  const tokens: NamedTokens = {
    bos: 0 as Token,
    eos: 1 as Token,
    eot: null,
    sep: null,
    nl: null,
    bosString: specials[0]!,
    eosString: specials[1]!,
    eotString: null,
    sepString: null,
    nlString: null,
    shouldPrependBosToken: prependsBos,
    shouldAppendEosToken: false,
  };
  const tokenizer: Tokenizer & { namedTokens: NamedTokens } = Object.assign(tokenize, {
    detokenize: (ids: readonly Token[], special = false) =>
      ids
        .map((id) =>
          isSpecialToken(id) ? (special ? specials[id]! : "") : String.fromCodePoint(id - specials.length),
        )
        .join(""),
    isSpecialToken,
    isEogToken: (token: Token | undefined) => token === 1,
    namedTokens: tokens,
  });
  return { tokenizer, tokens, metadata, filename, calls };
}
