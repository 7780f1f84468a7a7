import type { MeteredSequence } from "../pool/metered-sequence.ts";

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

type Metered = Pick<MeteredSequence, "promptTokens" | "cachedTokens" | "generatedTokens">;

/** What a request cost: each prompt once, and all replies to it. `replies` holds those of each prompt. */
export function usageOf(prompts: readonly (readonly Metered[])[]): Usage {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const first = prompts.flatMap(([reply]) => (reply === undefined ? [] : [reply]));
  const promptTokens = sum(first.map((reply) => reply.promptTokens));
  const completionTokens = sum(prompts.flat().map((reply) => reply.generatedTokens));
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum(first.map((reply) => reply.cachedTokens)) },
  };
}
