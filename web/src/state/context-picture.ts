import type { ContextReport } from "../api/wire.ts";

export type ContextKind = "reused" | "moved" | "shared" | "evaluated" | "written" | "free";

export interface ContextSlice {
  readonly kind: ContextKind;
  readonly tokens: number;
  /** Of the whole context, 0 to 1. */
  readonly share: number;
}

export interface ContextPicture {
  readonly used: number;
  readonly size: number;
  /** How full it is, 0 to 1. */
  readonly fullness: number;
  readonly slices: readonly ContextSlice[];
}

/**
 * How the room of a context is taken. What is used beyond the prompt was written by the model.
 * @param generated tokens written since the report, 0 when the report is the last one
 */
export function contextPicture(report: ContextReport, generated = 0): ContextPicture {
  const { contextSize: size, reusedTokens, movedTokens, sharedTokens, evaluatedTokens } = report;
  const prompt = reusedTokens + movedTokens + sharedTokens + evaluatedTokens;
  const used = Math.min(size, Math.max(report.usedTokens, prompt + generated));
  const tokens: Record<ContextKind, number> = {
    reused: reusedTokens,
    moved: movedTokens,
    shared: sharedTokens,
    evaluated: evaluatedTokens,
    written: Math.max(0, used - prompt),
    free: Math.max(0, size - used),
  };
  const slices = Object.entries(tokens).map(([kind, count]) => ({
    kind: kind as ContextKind,
    tokens: count,
    share: size === 0 ? 0 : count / size,
  }));
  return { used, size, fullness: size === 0 ? 0 : used / size, slices };
}

export function formatShare(share: number): string {
  const percent = share * 100;
  return percent > 0 && percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
}

/** Tokens a second, with a decimal where that tells something. */
export function formatRate(rate: number): string {
  return rate >= 10 ? String(Math.round(rate)) : rate.toFixed(1);
}

/** One line about what a reply's prompt cost, such as "37 of 812 tokens evaluated, 775 reused". */
export function evaluationSummary(report: ContextReport): string {
  const { reusedTokens, movedTokens, sharedTokens, evaluatedTokens } = report;
  const prompt = reusedTokens + movedTokens + sharedTokens + evaluatedTokens;
  const found = [
    reusedTokens > 0 ? `${reusedTokens} reused` : "",
    movedTokens > 0 ? `${movedTokens} moved` : "",
    sharedTokens > 0 ? `${sharedTokens} shared` : "",
  ].filter((text) => text !== "");
  const evaluated = `${evaluatedTokens} of ${prompt} tokens evaluated`;
  return [evaluated, ...found].join(", ");
}
