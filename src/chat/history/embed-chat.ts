import { InvalidArgumentError } from "../../base/errors.ts";
import type { Token } from "../../engine/token.ts";
import { commonLength } from "./token-spans.ts";

export interface EmbedChatOptions {
  /** Give only what the cache does not hold. Default `true`. */
  useCache?: boolean;
  /** Most tokens of the whole chat. Default: no limit. Without `wrapTokens`, the oldest tokens are cut off. */
  maxTokens?: number;
  /** When the chat exceeds `maxTokens`: keep the newest turns that take at most this many tokens. */
  wrapTokens?: number;
}

/** New tokens and their place, as a pair and as an object. */
export type EmbeddedChat = readonly [input: readonly Token[], position: number] & {
  readonly input: readonly Token[];
  readonly position: number;
};

const wholes = new WeakMap<
  readonly Token[],
  { readonly tokens: readonly Token[]; readonly length: number }
>();

/**
 * The chat that an input is the end of, as long as nobody changes the input's length. So a reply need not rely on what
 * the cache happens to hold when it begins.
 */
export function wholeChat(input: readonly Token[]): readonly Token[] | undefined {
  const whole = wholes.get(input);
  return whole?.length === input.length ? whole.tokens : undefined;
}

/** The tokens that the cache does not hold at their place. Nothing new gives an empty input. */
export function embedTokens(
  tokens: readonly Token[],
  cached: readonly Token[],
  maxTokens: number | undefined,
): EmbeddedChat {
  if (maxTokens !== undefined && (!Number.isInteger(maxTokens) || maxTokens < 1)) {
    throw new InvalidArgumentError(`maxTokens must be a positive integer, but is ${maxTokens}`);
  }
  const kept = maxTokens === undefined ? tokens : tokens.slice(-maxTokens);
  const position = commonLength(kept, cached);
  const input = kept.slice(position);
  wholes.set(input, { tokens: kept, length: input.length });
  return Object.assign([input, position] as const, { input, position });
}
