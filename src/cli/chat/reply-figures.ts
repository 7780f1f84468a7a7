/** What one reply cost. */
export interface ReplyFigures {
  /** Tokens of the prompt that the cache held already. */
  readonly reusedTokens: number;
  /** Tokens of the prompt that went through the model. */
  readonly evaluatedTokens: number;
  readonly promptMs: number;
  readonly generatedTokens: number;
  readonly generationMs: number;
  readonly contextTokens: number;
  readonly contextSize: number;
}

/** The figures in one line. */
export function replyFiguresText(figures: ReplyFigures): string {
  const { contextTokens, contextSize } = figures;
  const prompt = `prompt ${figures.reusedTokens} reused, ${figures.evaluatedTokens} evaluated${perSecond(figures.evaluatedTokens, figures.promptMs)}`;
  const reply = `reply ${figures.generatedTokens} tokens${perSecond(figures.generatedTokens, figures.generationMs)}`;
  const percent = Math.round((contextTokens / contextSize) * 100);
  return `${prompt}; ${reply}; context ${contextTokens} of ${contextSize} (${percent} %)`;
}

function perSecond(tokens: number, ms: number): string {
  return tokens > 0 && ms > 0 ? ` at ${((tokens / ms) * 1000).toFixed(1)}/s` : "";
}
