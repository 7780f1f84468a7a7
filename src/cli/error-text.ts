import { ColloquyError } from "../base/errors.ts";

/** An error as one line; the whole of it, causes included, with `debug`. */
export function errorText(error: unknown, debug = false): string {
  if (!(error instanceof Error)) return String(error);
  if (!debug) return error.message;
  const code = error instanceof ColloquyError ? `[${error.code}] ` : "";
  const cause = error.cause === undefined ? "" : `\ncaused by: ${errorText(error.cause, true)}`;
  return `${code}${error.stack ?? error.message}${cause}`;
}
