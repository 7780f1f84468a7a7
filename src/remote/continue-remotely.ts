import { setTimeout as sleep } from "node:timers/promises";
import { ColloquyError, UnsupportedError } from "../base/errors.ts";
import type { GeneratedToken, GenerateFinish } from "../engine/context-sequence.ts";
import type { Token } from "../engine/token.ts";
import { definitionToGbnf } from "../grammar/gbnf/definition-to-gbnf.ts";
import type { GrammarMatcher } from "../grammar/matcher.ts";
import { TransportError } from "./http/transport-error.ts";
import type { RemoteEngine, RemoteEvent, RemoteRequest, RemoteSampling } from "./remote-engine.ts";

export interface RemoteContinuation {
  readonly engine: RemoteEngine;
  readonly modelName: string;
  readonly sampling: RemoteSampling;
  readonly grammar: GrammarMatcher | undefined;
  readonly maxTokens: number;
  readonly logprobs: number;
  readonly contextSize: number;
  readonly sessionKey: string;
  readonly signal: AbortSignal;
  readonly retries: number;
  readonly retryDelayMs: number;
  isEndToken(token: Token): boolean;
  /** Told about every request: what it evaluates, and what of that was in the engine's cache once that is known. */
  onRequest(promptIds: readonly Token[]): void;
  onCached(cachedTokens: number): void;
}

const delayMaxMs = 5_000;

/** How a request ended: with an end of the generation, or with the need for one more request. */
type Step = GenerateFinish | "again";

/**
 * One generation as few requests as possible: one, where nothing breaks. Every token is checked against the grammar
 * here too. A request that breaks is sent again with what it has brought so far.
 */
export async function* continueRemotely(
  continuation: RemoteContinuation,
  target: readonly Token[],
): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
  const { contextSize, grammar, maxTokens, signal } = continuation;
  const run = new Run(continuation, target);
  let failures = 0;
  for (;;) {
    if (signal.aborted) return { reason: "abort" };
    if (continuation.logprobs === 0) yield* run.takeForced();
    if (grammar?.mustEnd) return { reason: "eog" };
    if (run.generated >= maxTokens) return { reason: "length" };
    if (run.tokens.length > contextSize) return { reason: "contextFull" };
    const before = run.generated;
    try {
      const step = yield* run.request();
      if (step !== "again") return step;
    } catch (error) {
      if (signal.aborted) return { reason: "abort" };
      if (!(error instanceof TransportError)) throw error;
      // A worker that brought tokens was alive: only failures in a row are counted.
      failures = run.generated > before ? 1 : failures + 1;
      if (failures > continuation.retries) throw error;
      const delay = Math.min(delayMaxMs, continuation.retryDelayMs * 2 ** (failures - 1));
      await sleep(delay, undefined, { signal }).catch(() => {});
    }
  }
}

/** What has come so far, and the requests for the rest. */
class Run {
  readonly tokens: Token[];
  generated = 0;
  readonly #continuation: RemoteContinuation;
  /** So many tokens come in one answer next, because the stream could not tell them. */
  #untold = 0;

  constructor(continuation: RemoteContinuation, target: readonly Token[]) {
    this.#continuation = continuation;
    this.tokens = [...target];
  }

  *takeForced(): Generator<GeneratedToken, void, void> {
    const { grammar, maxTokens, signal } = this.#continuation;
    for (const token of grammar?.forced() ?? []) {
      if (this.generated >= maxTokens || signal.aborted) return;
      this.#take(token as Token);
      yield { token: token as Token, forced: true };
    }
  }

  async *request(): AsyncGenerator<GeneratedToken, Step, void> {
    const { contextSize, engine, maxTokens, modelName } = this.#continuation;
    const left = Math.min(maxTokens - this.generated, contextSize + 1 - this.tokens.length);
    const request = this.#nextRequest(Math.min(left, this.#untold || left));
    this.#continuation.onRequest(request.promptIds);
    if (this.#untold > 0) {
      const { tokens, finish } = await engine.complete(request, modelName);
      this.#untold = 0;
      for (const token of tokens) {
        const end = yield* this.#receive({ type: "token", token });
        if (end !== undefined) return end;
      }
      return this.#receiveFinish(finish, left === request.maxTokens || tokens.length === 0);
    }
    for await (const event of engine.stream(request, modelName)) {
      if (event.type === "token") {
        const end = yield* this.#receive(event);
        if (end !== undefined) return end;
      } else if (event.type === "cached") this.#continuation.onCached(event.tokens);
      else if (event.type === "untold") {
        this.#untold = event.count;
        return "again";
      } else return this.#receiveFinish(event, true);
    }
    throw new TransportError("The stream ended without its finish");
  }

  *#receive(
    event: RemoteEvent & { type: "token" },
  ): Generator<GeneratedToken, GenerateFinish | undefined, void> {
    const { grammar, isEndToken, maxTokens } = this.#continuation;
    const { token, logprobs } = event;
    if (grammar !== undefined && !grammar.allows(token))
      throw new ColloquyError(
        "grammar-mismatch",
        `The engine wrote token ${token}, which the grammar forbids`,
      );
    if (isEndToken(token)) return { reason: "eog", eogToken: token };
    this.#take(token);
    yield logprobs === undefined ? { token, forced: false } : { token, forced: false, logprobs };
    if (grammar?.mustEnd) return { reason: "eog" };
    return this.generated >= maxTokens ? { reason: "length" } : undefined;
  }

  #receiveFinish(finish: RemoteEvent & { type: "finish" }, isWhole: boolean): Step {
    const { contextSize, grammar, maxTokens, onCached } = this.#continuation;
    if (finish.cachedTokens !== undefined) onCached(finish.cachedTokens);
    if (finish.reason !== "length") {
      if (grammar !== undefined && !grammar.canEnd)
        throw new ColloquyError(
          "grammar-mismatch",
          "The engine ended a reply that its grammar does not let end",
        );
      return { reason: "eog" };
    }
    if (this.generated >= maxTokens) return { reason: "length" };
    if (this.tokens.length > contextSize) return { reason: "contextFull" };
    // The engine stopped early by a limit of its own; nobody asked for less.
    if (isWhole && this.generated === 0)
      throw new ColloquyError("native-failure", "The engine stopped before its first token");
    return "again";
  }

  #nextRequest(maxTokens: number): RemoteRequest {
    const { grammar, logprobs, sampling, sessionKey, signal } = this.#continuation;
    const rest = grammar?.rest?.();
    if (grammar !== undefined && rest === undefined)
      throw new UnsupportedError(
        this.generated === 0
          ? "grammar: a grammar that begins to apply later, or inside a character, is offered by local models alone"
          : "grammar: the connection broke inside a character, from where a grammar cannot be gone on with",
      );
    return {
      promptIds: this.tokens,
      maxTokens,
      sampling,
      grammar: rest && definitionToGbnf(rest),
      logprobs,
      sessionKey,
      signal,
    };
  }

  #take(token: Token): void {
    this.#continuation.grammar?.accept(token);
    this.tokens.push(token);
    this.generated++;
  }
}
