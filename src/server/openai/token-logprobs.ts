import type { GeneratedToken, LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";

export interface TopLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface TokenLogprob extends TopLogprob {
  readonly top_logprobs: readonly TopLogprob[];
}

/** JSON has no infinity; OpenAI writes this for a token that could not come. */
const impossible = -9999;

/**
 * Pairs the log probabilities of generated tokens with the pieces of text that they end up in. Tokens of a stop text
 * or of a tag are never part of a piece and are dropped.
 */
export class TokenLogprobs {
  readonly #model: LanguageModel;
  readonly #topCount: number;
  #waiting: GeneratedToken[] = [];

  constructor(model: LanguageModel, topCount: number) {
    this.#model = model;
    this.#topCount = topCount;
  }

  add(token: GeneratedToken): void {
    this.#waiting.push(token);
  }

  /** Those of the tokens of a piece, in order. */
  take(tokens: readonly Token[]): TokenLogprob[] {
    return tokens.flatMap((token) => {
      const index = this.#waiting.findIndex((one) => one.token === token);
      if (index === -1) return [];
      const found = this.#waiting[index]!;
      this.#waiting = this.#waiting.slice(index + 1);
      return [this.#describe(found)];
    });
  }

  #describe({ token, logprobs }: GeneratedToken): TokenLogprob {
    // A forced token had no alternative.
    const own = logprobs?.token ?? 0;
    const top = logprobs?.top ?? [[token, 0] as const];
    return {
      ...this.#one(token, own),
      top_logprobs: top.slice(0, this.#topCount).map(([id, value]) => this.#one(id, value)),
    };
  }

  #one(token: Token, logprob: number): TopLogprob {
    return {
      token: this.#model.detokenize([token], true),
      logprob: Number.isFinite(logprob) ? logprob : impossible,
      bytes: [...this.#model.tokenBytes(token)],
    };
  }
}
