import type { LogitOverlay } from "./logit-overlay.ts";
import type { ResolvedRepeatPenalty } from "./resolve-sampling-options.ts";

/**
 * Lowers the logits of tokens that occurred before: `penalty` divides a positive logit and multiplies any other, then
 * `frequencyPenalty` is subtracted for each occurrence and `presencePenalty` once.
 */
export function applyRepeatPenalty(
  logits: Float32Array,
  overlay: LogitOverlay,
  options: ResolvedRepeatPenalty,
  counts: Map<number, number>,
): void {
  counts.clear();
  for (const token of options.punishTokens()) counts.set(token, (counts.get(token) ?? 0) + 1);
  for (const [token, count] of counts) {
    const logit = logits[token];
    if (logit === undefined) continue;
    const scaled = logit <= 0 ? logit * options.penalty : logit / options.penalty;
    overlay.set(logits, token, scaled - count * options.frequencyPenalty - options.presencePenalty);
  }
}
