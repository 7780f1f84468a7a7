import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { BotFunction } from "./bot-function.ts";
import { type CallSite, createCallParser } from "./call-parser.ts";
import { clip, RESULT_LENGTH_MAX_DEFAULT, renderResult } from "./function-result.ts";
import { type InvokeOptions, invokeBotFunction, TIMEOUT_MS_DEFAULT } from "./invoke-bot-function.ts";

/** One call that the reply made, and what became of it. */
export interface InlineCall {
  readonly name: string;
  /** Where the call is in the text that the model wrote (inserted text not counted), UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly args: readonly unknown[];
  readonly keywords: Readonly<Record<string, unknown>>;
  /** `"refused"`: it was not run, because its arguments are no literals or the reply makes too many calls. */
  readonly status: "ok" | "error" | "refused";
  /** What the function returned. */
  readonly result?: unknown;
  readonly error?: string;
  /** What was put into the reply; `undefined`: nothing, because the function returned `undefined` or "". */
  readonly inserted: string | undefined;
}

export interface InlineCallRunnerOptions extends InvokeOptions {
  /** Longest text inserted for one call, UTF-16 units, without the note that it was cut. Default 4,096. */
  resultLengthMax?: number;
  /** Longest call that is read, UTF-16 units. Default 8,192. */
  callLengthMax?: number;
  /** Most calls of one reply. Default 64. The ones behind are answered with an error, which says so. */
  callsMax?: number;
  /** Told of every call, in order, when its result is there. */
  onCall?: (call: InlineCall) => void;
}

/** Watches one running reply for function calls. */
export interface InlineCallRunner {
  /** All calls of the reply so far, in order. */
  readonly calls: readonly InlineCall[];
  /**
   * Takes the next piece of text that the model wrote, and runs the calls that end in it, one after the other.
   *
   * @returns the texts to put into the reply behind this piece, in order: generation goes on from there. []: go on.
   * Calls are looked for in what the model wrote, as if nothing were inserted. A call that stands directly behind a backtick is run when the closing
   * backtick is there, or any other character: the result belongs behind the code span.
   * @throws ColloquyError `aborted` when the signal is aborted; `busy` while another push is running
   */
  push(delta: string): Promise<string[]>;
  /**
   * The model has ended its reply: runs the call that still waits for its backtick.
   * @returns as `push`; generation goes on when there is a text
   */
  finish(): Promise<string[]>;
}

const CALLS_MAX_DEFAULT = 64;

/**
 * @param functions What the reply may call; disabled functions are left out.
 * @throws InvalidArgumentError for two functions of one name, or a limit that is not positive
 * @example
 * const runner = createInlineCallRunner(BotFunctions(), { timeoutMs: 5_000, signal });
 * for await (const delta of deltas) {
 *   const inserted = await runner.push(delta); // "It is `time()`" → [" 9:05 PM"]
 *   if (inserted.length > 0) …                 // append, evaluate, go on
 * }
 */
export function createInlineCallRunner(
  functions: Iterable<BotFunction>,
  options: InlineCallRunnerOptions = {},
): InlineCallRunner {
  const byName = new Map<string, BotFunction>();
  for (const fn of functions) {
    if (!fn.enabled) continue;
    if (byName.has(fn.name)) throw new InvalidArgumentError(`Two bot functions are named ${fn.name}`);
    byName.set(fn.name, fn);
  }
  const limits = { timeoutMs: options.timeoutMs ?? TIMEOUT_MS_DEFAULT, ...resolveLimits(options) };
  for (const [name, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new InvalidArgumentError(`${name} must be positive, not ${value}`);
  }
  return new StreamingRunner(byName, { ...options, ...limits });
}

function resolveLimits(options: InlineCallRunnerOptions) {
  return {
    resultLengthMax: options.resultLengthMax ?? RESULT_LENGTH_MAX_DEFAULT,
    callsMax: options.callsMax ?? CALLS_MAX_DEFAULT,
  };
}

type ResolvedOptions = InlineCallRunnerOptions & {
  resultLengthMax: number;
  callsMax: number;
  timeoutMs: number;
};

class StreamingRunner implements InlineCallRunner {
  readonly calls: InlineCall[] = [];
  readonly #functions: ReadonlyMap<string, BotFunction>;
  readonly #options: ResolvedOptions;
  readonly #parser;
  /** Calls whose parenthesis is closed and that have not run. Only the last one can lack its backticks. */
  #waiting: { site: CallSite; backticksLeft: number }[] = [];
  #isBusy = false;

  constructor(functions: ReadonlyMap<string, BotFunction>, options: ResolvedOptions) {
    this.#functions = functions;
    this.#options = options;
    this.#parser = createCallParser(functions.keys(), { lengthMax: options.callLengthMax });
  }

  push(delta: string): Promise<string[]> {
    return this.#exclusively(() => {
      const base = this.#parser.offset;
      const old = this.#waiting.at(-1);
      if (old) old.backticksLeft = closeBackticks(old.backticksLeft, delta, 0);
      for (const site of this.#parser.push(delta)) {
        const backticksLeft = closeBackticks(site.backticks, delta, site.end - base);
        this.#waiting.push({ site, backticksLeft });
      }
      return this.#runReady();
    });
  }

  finish(): Promise<string[]> {
    return this.#exclusively(() => {
      for (const one of this.#waiting) one.backticksLeft = 0;
      return this.#runReady();
    });
  }

  async #exclusively(work: () => Promise<string[]>): Promise<string[]> {
    if (this.#isBusy) throw new ColloquyError("busy", "The calls of the text before are still running");
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
  }

  async #runReady(): Promise<string[]> {
    const texts: string[] = [];
    while (this.#waiting[0]?.backticksLeft === 0) {
      const { site } = this.#waiting.shift()!;
      const call = await this.#run(site);
      this.calls.push(call);
      this.#options.onCall?.(call);
      if (call.inserted !== undefined) texts.push(call.inserted);
    }
    return texts;
  }

  async #run(site: CallSite): Promise<InlineCall> {
    const { name, start, end } = site;
    const args = site.kind === "call" ? site.args : [];
    const keywords = site.kind === "call" ? site.keywords : {};
    const fail = (status: "error" | "refused", error: string): InlineCall => {
      const inserted = ` error: ${clip(error, this.#options.resultLengthMax)}`;
      return { name, start, end, args, keywords, status, error, inserted };
    };
    if (this.calls.length >= this.#options.callsMax) {
      return fail("refused", `more than ${this.#options.callsMax} calls in one reply`);
    }
    if (site.kind === "refused") return fail("refused", site.reason);
    const invocation = await invokeBotFunction(this.#functions.get(name)!, site, this.#options);
    if (!invocation.ok) return fail("error", invocation.error);
    const result = renderResult(invocation.value, this.#options.resultLengthMax);
    if ("error" in result) return fail("error", result.error);
    const inserted = result.text ? ` ${result.text}` : undefined;
    return { name, start, end, args, keywords, status: "ok", result: invocation.value, inserted };
  }
}

/** How many closing backticks are still to come after `text` from `from` on; 0 as soon as another character comes. */
function closeBackticks(left: number, text: string, from: number): number {
  let i = from;
  while (left > 0 && i < text.length) {
    if (text[i++] !== "`") return 0;
    left--;
  }
  return left;
}
