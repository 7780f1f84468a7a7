import { nativeLogLevels } from "../native/log.ts";

/** How much of llama.cpp's log is passed on, from nothing to everything. */
export const LlamaLogLevel = {
  disabled: "disabled",
  fatal: "fatal",
  error: "error",
  warn: "warn",
  info: "info",
  log: "log",
  debug: "debug",
} as const;
export type LlamaLogLevel = (typeof LlamaLogLevel)[keyof typeof LlamaLogLevel];

/** The levels, least to most talkative. */
export const LlamaLogLevelValues: readonly LlamaLogLevel[] = Object.values(LlamaLogLevel);

/** Whether `a` lets more through than `b`. */
export function LlamaLogLevelGreaterThan(a: LlamaLogLevel, b: LlamaLogLevel): boolean {
  return LlamaLogLevelValues.indexOf(a) > LlamaLogLevelValues.indexOf(b);
}

/** Whether `a` lets at least as much through as `b`. */
export function LlamaLogLevelGreaterThanOrEqual(a: LlamaLogLevel, b: LlamaLogLevel): boolean {
  return LlamaLogLevelValues.indexOf(a) >= LlamaLogLevelValues.indexOf(b);
}

/** The level of a line that llama.cpp logged. Its `info` is talk about loading, which is our `log`. */
export function logLevelOf(nativeLevel: number): LlamaLogLevel {
  switch (nativeLevel) {
    case nativeLogLevels.error:
      return "error";
    case nativeLogLevels.warn:
      return "warn";
    case nativeLogLevels.debug:
      return "debug";
    default:
      return "log";
  }
}
