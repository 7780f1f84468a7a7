import { InvalidArgumentError } from "../base/errors.ts";
import type { NamedTokens, Token, Tokenizer } from "../engine/token.ts";

/** The named special tokens that a text can hold without knowing the vocabulary. */
export type BuiltinSpecialTokenValue = "BOS" | "EOS" | "NL" | "EOT" | "SEP";

export interface LlamaTextSpecialTokensTextJSON {
  type: "specialTokensText";
  value: string;
}

export interface LlamaTextSpecialTokenJSON {
  type: "specialToken";
  value: string;
}

/** A tokenizer that also knows its vocabulary's named tokens; a model's `tokenizer` is one. */
export type NamedTokenizer = Tokenizer & { readonly namedTokens?: NamedTokens };

const tokenNames: Readonly<Record<BuiltinSpecialTokenValue, "bos" | "eos" | "nl" | "eot" | "sep">> = {
  BOS: "bos",
  EOS: "eos",
  NL: "nl",
  EOT: "eot",
  SEP: "sep",
};

function isBuiltinSpecialTokenValue(value: unknown): value is BuiltinSpecialTokenValue {
  return typeof value === "string" && Object.hasOwn(tokenNames, value);
}

/** The id that a named token has in a vocabulary, `null` when it has none. */
export function findNamedToken(value: BuiltinSpecialTokenValue, tokens: NamedTokens): Token | null {
  return tokens[tokenNames[value]];
}

/**
 * Text in which special tokens written out, such as `<|im_end|>`, become the special tokens.
 * Everything else in a {@link LlamaText} stays plain text.
 */
export class SpecialTokensText {
  readonly value: string;

  constructor(value: string) {
    if (typeof value !== "string") throw new InvalidArgumentError("SpecialTokensText takes a string");
    this.value = value;
  }

  toString(): string {
    return this.value;
  }

  /** @param trimLeadingSpace leave out the space that some vocabularies put before a text. Default `false`. */
  tokenize(tokenizer: Tokenizer, trimLeadingSpace = false): Token[] {
    return tokenizer(this.value, true, trimLeadingSpace ? "trimLeadingSpace" : undefined);
  }

  /** Only the special tokens become tokens; the text between them stays text. */
  tokenizeSpecialTokensOnly(tokenizer: Tokenizer): (string | Token)[] {
    const result: (string | Token)[] = [];
    let plain: Token[] = [];
    const flush = () => {
      if (plain.length > 0) result.push(tokenizer.detokenize(plain, false));
      plain = [];
    };
    for (const token of this.tokenize(tokenizer, true)) {
      if (!tokenizer.isSpecialToken(token)) plain.push(token);
      else {
        flush();
        result.push(token);
      }
    }
    flush();
    return result;
  }

  toJSON(): LlamaTextSpecialTokensTextJSON {
    return { type: "specialTokensText", value: this.value };
  }

  static fromJSON(json: LlamaTextSpecialTokensTextJSON): SpecialTokensText {
    if (SpecialTokensText.isSpecialTokensTextJSON(json)) return new SpecialTokensText(json.value);
    throw new InvalidArgumentError("Not the JSON form of a SpecialTokensText");
  }

  static isSpecialTokensTextJSON(value: unknown): value is LlamaTextSpecialTokensTextJSON {
    return isTagged(value, "specialTokensText") && typeof value.value === "string";
  }

  /** `value` as special text when `shouldWrap`, otherwise as it is. */
  static wrapIf(shouldWrap: boolean, value: string): SpecialTokensText | string {
    return shouldWrap ? new SpecialTokensText(value) : value;
  }
}

/** A special token by its role, whatever its text is in the vocabulary. Nothing when the vocabulary lacks it. */
export class SpecialToken {
  readonly value: BuiltinSpecialTokenValue;

  constructor(value: BuiltinSpecialTokenValue) {
    if (!isBuiltinSpecialTokenValue(value))
      throw new InvalidArgumentError(`Unknown special token ${JSON.stringify(value)}`, {
        hint: `known: ${Object.keys(tokenNames).join(", ")}`,
      });
    this.value = value;
  }

  toString(): BuiltinSpecialTokenValue {
    return this.value;
  }

  /** @throws ColloquyError `invalid-argument` when the tokenizer does not know its named tokens */
  tokenize(tokenizer: NamedTokenizer): Token[] {
    if (tokenizer.namedTokens === undefined)
      throw new InvalidArgumentError("This tokenizer does not know its named tokens", {
        hint: "pass a model's `tokenizer`",
      });
    const token = findNamedToken(this.value, tokenizer.namedTokens);
    return token === null ? [] : [token];
  }

  toJSON(): LlamaTextSpecialTokenJSON {
    return { type: "specialToken", value: this.value };
  }

  static fromJSON(json: LlamaTextSpecialTokenJSON): SpecialToken {
    if (SpecialToken.isSpecialTokenJSON(json))
      return new SpecialToken(json.value as BuiltinSpecialTokenValue);
    throw new InvalidArgumentError("Not the JSON form of a SpecialToken");
  }

  static isSpecialTokenJSON(value: unknown): value is LlamaTextSpecialTokenJSON {
    return isTagged(value, "specialToken") && isBuiltinSpecialTokenValue(value.value);
  }

  /** Which named token an id is. New lines are left out: they are text. */
  static getTokenToValueMap(
    tokenizer: NamedTokenizer,
  ): ReadonlyMap<Token | undefined, BuiltinSpecialTokenValue> {
    const map = new Map<Token | undefined, BuiltinSpecialTokenValue>();
    if (tokenizer.namedTokens === undefined) return map;
    for (const value of ["BOS", "EOS", "EOT", "SEP"] as const) {
      const token = findNamedToken(value, tokenizer.namedTokens);
      if (token !== null) map.set(token, value);
    }
    return map;
  }
}

function isTagged(value: unknown, type: string): value is { type: string; value: unknown } {
  return (
    typeof value === "object" && value !== null && "type" in value && value.type === type && "value" in value
  );
}
