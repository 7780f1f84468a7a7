import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { BotFunction } from "./bot-function.ts";
import type { CallArguments } from "./call-arguments.ts";
import { checkAgainstSchema } from "./parameter-schema.ts";

export interface InvokeOptions {
  /** How long one call may take, milliseconds. Default 10,000. A handler that blocks the thread cannot be stopped. */
  timeoutMs?: number;
  /** Aborts the call; the invocation then throws. */
  signal?: AbortSignal;
}

/** What a call came to. A handler's failure is a value, because the model must be able to read it. */
export type Invocation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

export const TIMEOUT_MS_DEFAULT = 10_000;

/**
 * Calls a bot function: binds and checks the arguments, waits for the result, keeps the time limit.
 * @throws ColloquyError `aborted` when `signal` is aborted, with the signal's reason as cause; nothing else
 */
export async function invokeBotFunction(
  fn: BotFunction,
  call: CallArguments,
  options: InvokeOptions = {},
): Promise<Invocation> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS_DEFAULT;
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new InvalidArgumentError(`timeoutMs must be a positive number of milliseconds, not ${timeoutMs}`);
  }
  if (options.signal?.aborted) throw aborted(options.signal);
  const bound = bindArguments(fn, call);
  if ("error" in bound) return { ok: false, error: bound.error };
  const controller = new AbortController();
  const passed = bound.takesContext ? [...bound.args, { signal: controller.signal }] : bound.args;
  return race(fn, passed, controller, timeoutMs, options.signal);
}

/** Ends with the handler, the time limit or the signal, whichever is first; a late failure of the handler is dropped. */
function race(
  fn: BotFunction,
  args: readonly unknown[],
  controller: AbortController,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Invocation> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = () => {
      finish(() => reject(aborted(signal!)));
      controller.abort(signal!.reason);
    };
    const timer = setTimeout(() => {
      const error = `${fn.name} took longer than ${timeoutMs} ms`;
      finish(() => resolve({ ok: false, error }));
      controller.abort(new ColloquyError("function-failure", error));
    }, timeoutMs);
    signal?.addEventListener("abort", onAbort);
    new Promise((done) => done(fn.handler(...args))).then(
      (value) => finish(() => resolve({ ok: true, value })),
      (error) => finish(() => resolve({ ok: false, error: messageOf(error) })),
    );
  });
}

function aborted(signal: AbortSignal): ColloquyError {
  return new ColloquyError("aborted", "The call of a bot function was aborted", { cause: signal.reason });
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  try {
    return String(error);
  } catch {
    return "the function failed";
  }
}

type Binding =
  | { readonly args: readonly unknown[]; readonly takesContext: boolean }
  | { readonly error: string };

/** Puts positional and keyword arguments into the order of the handler's parameters, and checks them. */
export function bindArguments(fn: BotFunction, call: CallArguments): Binding {
  const names = fn.parameterNames;
  if (names === undefined) {
    const keyword = Object.keys(call.keywords)[0];
    if (keyword !== undefined) return { error: `${fn.name} takes no keyword arguments (${keyword})` };
    return { args: call.args, takesContext: false };
  }
  if (call.args.length > names.length && !fn.rest) {
    const count = names.length === 1 ? "1 argument" : `${names.length} arguments`;
    return { error: `${fn.name} takes ${names.length === 0 ? "no arguments" : `at most ${count}`}` };
  }
  const named = new Map(names.slice(0, call.args.length).map((name, i) => [name, call.args[i]]));
  for (const [name, value] of Object.entries(call.keywords)) {
    if (!names.includes(name)) return { error: `${fn.name} has no parameter ${name}` };
    if (named.has(name)) return { error: `${fn.name} got the argument ${name} twice` };
    named.set(name, value);
  }
  const byName = Object.fromEntries(named);
  const problem = fn.params && checkAgainstSchema(byName, fn.params);
  if (problem !== undefined) return { error: problem };
  if (fn.takes === "object") return { args: [byName], takesContext: true };
  const extra = call.args.slice(names.length);
  return { args: [...names.map((name) => named.get(name)), ...extra], takesContext: !fn.rest };
}
