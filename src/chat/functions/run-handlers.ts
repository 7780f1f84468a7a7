import { ColloquyError } from "../../base/errors.ts";
import type { LlamaChatResponseFunctionCall } from "../generation/options.ts";
import type { ChatSessionModelFunctions } from "./chat-session-function.ts";

export interface CallResult {
  readonly call: LlamaChatResponseFunctionCall;
  /** A JSON value, or `undefined` when the handler returned nothing. */
  readonly result: unknown;
}

/**
 * Runs the handlers of calls that were made together, all at once, and waits for them in the order of the calls.
 * With `"report"`, an error becomes `{error: message}` as the result; otherwise the first one is thrown.
 * An abort does not wait for the handlers: the signal's reason is thrown.
 */
export async function runHandlers(
  calls: readonly LlamaChatResponseFunctionCall[],
  functions: ChatSessionModelFunctions,
  errors: "throw" | "report",
  signal: AbortSignal | undefined,
): Promise<CallResult[]> {
  signal?.throwIfAborted();
  const results = calls.map(async (call): Promise<CallResult> => {
    try {
      const value = await functions[call.functionName]!.handler(call.params);
      return { call, result: jsonValue(value, call.functionName) };
    } catch (error) {
      if (errors === "throw") throw error;
      return { call, result: { error: error instanceof Error ? error.message : String(error) } };
    }
  });
  const all = Promise.all(results);
  if (signal === undefined) return all;
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    // A handler may have aborted the prompt itself.
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([all, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    // After an abort nobody waits for the handlers any more.
    all.catch(() => {});
  }
}

/** The value as it looks after a way through JSON, so that a saved history holds what the model was told. */
function jsonValue(value: unknown, functionName: string): unknown {
  if (value === undefined) return undefined;
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return JSON.parse(text);
  throw new ColloquyError(
    "function-failure",
    `The function "${functionName}" returned a ${typeof value} that JSON cannot hold`,
    { hint: "return plain data", cause },
  );
}
