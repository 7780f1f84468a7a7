import { InvalidArgumentError } from "../../base/errors.ts";
import type { Token, Tokenizer, TokenizerOptions } from "../token.ts";

/** Any text type that can tokenize itself. */
interface TokenizableText {
  tokenize(tokenizer: Tokenizer, options?: TokenizerOptions): Token[];
}

/**
 * How much to favour a token:
 * - `"never"`: not generated, unless a grammar leaves nothing else
 * - a number from -1 to 1: below 0 the token's weight is multiplied by `1 + bias` (-0.5 halves it, -1 is `"never"`),
 *   above 0 it is divided by `1 - bias` (0.5 doubles it, 0.9 makes it ten times as heavy, 1 always wins)
 * - `{logit}`: added to the logit
 */
export type TokenBiasValue = "never" | number | { logit: number };

/** What a bias can be put on: tokens, or the tokens of a text. */
export type TokenBiasTarget = Token | readonly Token[] | string | TokenizableText;

/**
 * Makes tokens more or less probable.
 *
 * A text is tokenized both as it stands and as the beginning of a text, and each of its tokens gets the bias.
 * Tokens that end a generation are left alone: a model that cannot stop is of no use.
 *
 * @example
 * const bias = TokenBias.for(model).set("hello", "never").set("hi", 0.9);
 * await session.prompt("Greet me", { tokenBias: bias });
 */
export class TokenBias {
  readonly #tokenizer: Tokenizer;
  readonly #logits = new Map<Token, number>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** A bias for the vocabulary of this model or tokenizer. */
  static for(modelOrTokenizer: { readonly tokenizer: Tokenizer } | Tokenizer): TokenBias {
    return new TokenBias("tokenizer" in modelOrTokenizer ? modelOrTokenizer.tokenizer : modelOrTokenizer);
  }

  /** The tokenizer of the vocabulary that the tokens belong to. */
  get tokenizer(): Tokenizer {
    return this.#tokenizer;
  }

  /** What is added to the logit of each token. */
  get logits(): ReadonlyMap<Token, number> {
    return this.#logits;
  }

  /**
   * Sets the bias of tokens; the last call for a token counts.
   * @throws ColloquyError `invalid-argument` when the bias is not a {@link TokenBiasValue}
   */
  set(input: TokenBiasTarget, bias: TokenBiasValue): this {
    const logit = logitOf(bias);
    for (const options of [undefined, "trimLeadingSpace"] as const)
      for (const token of tokensOf(input, this.#tokenizer, options))
        if (!this.#tokenizer.isEogToken(token)) this.#logits.set(token, logit);
    return this;
  }
}

function logitOf(bias: TokenBiasValue): number {
  if (bias === "never") return Number.NEGATIVE_INFINITY;
  const value = typeof bias === "object" && bias !== null ? bias.logit : bias;
  if (typeof value !== "number" || Number.isNaN(value))
    throw new InvalidArgumentError('A token bias is "never", a number from -1 to 1, or {logit: number}');
  if (typeof bias === "object") return value;
  if (value < -1 || value > 1)
    throw new InvalidArgumentError(`A token bias is from -1 to 1, not ${value}`, {
      hint: "use {logit} to add to the logit itself",
    });
  return value < 0 ? Math.log1p(value) : -Math.log1p(-value);
}

function tokensOf(
  input: TokenBiasTarget,
  tokenizer: Tokenizer,
  options?: TokenizerOptions,
): readonly Token[] {
  if (typeof input === "string") return tokenizer(input, false, options);
  if (typeof input === "number") return [input];
  return "tokenize" in input ? input.tokenize(tokenizer, options) : input;
}
