import { setTimeout as sleep } from "node:timers/promises";
import { ColloquyError, UnsupportedError } from "../base/errors.ts";
import { incompleteTailLength } from "../base/utf8-boundary.ts";
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
  tokenBytes(token: Token): Uint8Array;
  /** Told about every request: what it evaluates, and what of that was in the engine's cache once that is known. */
  onRequest(promptIds: readonly Token[]): void;
  onCached(cachedTokens: number): void;
  /**
   * Makes sure that the worker which answers this session is one of those that were connected to. Asked for with every
   * request, beside it: nothing that it brings counts before.
   * @throws TransportError, UnsupportedError
   */
  checkWorker(): Promise<void>;
  /** Told when a request broke: another worker may answer the next one. */
  onBroken(): void;
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
      continuation.onBroken();
      // A worker that brought tokens was alive: only failures in a row are counted.
      failures = run.generated > before ? 1 : failures + 1;
      if (failures > continuation.retries) throw error;
      const delay = Math.min(delayMaxMs, continuation.retryDelayMs * 2 ** (failures - 1));
      await sleep(delay, undefined, { signal }).catch(() => {});
    }
  }
}

type TokenEvent = RemoteEvent & { type: "token" };

/** Where a grammar is inside a character, so many tokens are named at most. */
const namedTokensMax = 4096;

/** What has come so far, and the requests for the rest. */
class Run {
  readonly tokens: Token[];
  generated = 0;
  readonly #continuation: RemoteContinuation;
  /** So many tokens come in one answer next, because the stream could not tell them. */
  #untold = 0;
  /**
   * Tokens that end inside a character: a grammar can be gone on with only between characters, so that they count when
   * the character is complete, and are asked for again where the connection breaks before.
   */
  #partial: TokenEvent[] = [];

  constructor(continuation: RemoteContinuation, target: readonly Token[]) {
    this.#continuation = continuation;
    this.tokens = [...target];
  }

  *takeForced(): Generator<GeneratedToken, void, void> {
    const { grammar, maxTokens, signal } = this.#continuation;
    const forced = [...(grammar?.forced() ?? [])] as Token[];
    while (forced.length > 0 && this.#endsInside(forced)) forced.pop();
    for (const token of forced) {
      if (this.generated >= maxTokens || signal.aborted) return;
      this.#take(token);
      yield { token, forced: true };
    }
  }

  async *request(): AsyncGenerator<GeneratedToken, Step, void> {
    const { contextSize, engine, maxTokens, modelName } = this.#continuation;
    this.#partial = [];
    const left = Math.min(maxTokens - this.generated, contextSize + 1 - this.tokens.length);
    const request = this.#nextRequest(left);
    this.#continuation.onRequest(request.promptIds);
    const checked = this.#continuation.checkWorker();
    // It is awaited with the first answer; until then nobody listens.
    checked.catch(() => {});
    if (this.#untold > 0) {
      this.#untold = 0;
      const { tokens, finish } = await engine.complete(request, modelName);
      await checked;
      for (const token of tokens) {
        const end = yield* this.#receive({ type: "token", token });
        if (end !== undefined) return end;
      }
      // One token more may complete the character.
      if (this.#partial.length > 0 && request.maxTokens < left) this.#untold = this.#partial.length + 1;
      return yield* this.#receiveFinish(finish, left === request.maxTokens || tokens.length === 0);
    }
    let isChecked = false;
    for await (const event of engine.stream(request, modelName)) {
      if (!isChecked) await checked;
      isChecked = true;
      if (event.type === "token") {
        const end = yield* this.#receive(event);
        if (end !== undefined) return end;
      } else if (event.type === "cached") this.#continuation.onCached(event.tokens);
      else if (event.type === "untold") {
        this.#untold = this.#partial.length + event.count;
        return "again";
      } else return yield* this.#receiveFinish(event, true);
    }
    throw new TransportError("The stream ended without its finish");
  }

  *#receive(event: TokenEvent): Generator<GeneratedToken, GenerateFinish | undefined, void> {
    const { grammar, isEndToken, maxTokens } = this.#continuation;
    this.#partial.push(event);
    const isWaiting =
      grammar !== undefined &&
      this.generated + this.#partial.length < maxTokens &&
      !isEndToken(event.token) &&
      this.#endsInside(this.#partial.map(({ token }) => token));
    return isWaiting ? undefined : yield* this.#takePartial();
  }

  /** The tokens of whole characters, and those that end inside one when nothing more comes. */
  *#takePartial(): Generator<GeneratedToken, GenerateFinish | undefined, void> {
    const { grammar, isEndToken, maxTokens } = this.#continuation;
    for (const { token, logprobs } of this.#partial.splice(0)) {
      if (grammar !== undefined && !grammar.allows(token))
        throw new ColloquyError(
          "grammar-mismatch",
          `The engine wrote token ${token}, which the grammar forbids`,
        );
      if (isEndToken(token)) return { reason: "eog", eogToken: token };
      this.#take(token);
      yield logprobs === undefined ? { token, forced: false } : { token, forced: false, logprobs };
      if (grammar?.mustEnd) return { reason: "eog" };
      if (this.generated >= maxTokens) return { reason: "length" };
    }
    return undefined;
  }

  *#receiveFinish(
    finish: RemoteEvent & { type: "finish" },
    isWhole: boolean,
  ): Generator<GeneratedToken, Step, void> {
    const { contextSize, grammar, maxTokens, onCached } = this.#continuation;
    if (finish.cachedTokens !== undefined) onCached(finish.cachedTokens);
    const isFull = this.tokens.length + this.#partial.length > contextSize;
    if (finish.reason !== "length" || isFull) {
      const end = yield* this.#takePartial();
      if (end !== undefined) return end;
    }
    if (finish.reason !== "length") {
      if (grammar !== undefined && !grammar.canEnd)
        throw new ColloquyError(
          "grammar-mismatch",
          "The engine ended a reply that its grammar does not let end",
        );
      return { reason: "eog" };
    }
    if (this.generated >= maxTokens) return { reason: "length" };
    if (isFull) return { reason: "contextFull" };
    // The engine stopped early by a limit of its own; nobody asked for less.
    if (isWhole && this.generated === 0)
      throw new ColloquyError("native-failure", "The engine stopped before its first token");
    return "again";
  }

  #nextRequest(left: number): RemoteRequest {
    const { engine, grammar, logprobs, sampling, sessionKey, signal } = this.#continuation;
    const rest = grammar?.rest?.();
    const isInside = grammar !== undefined && rest === undefined;
    const text = rest && definitionToGbnf(rest);
    const drawn = isInside
      ? { ...sampling, tokenBias: biasTowards(allowedTokens(grammar), sampling) }
      : sampling;
    engine.check({ sampling: drawn, logprobs, grammar: text });
    if (isInside) this.#untold = 1;
    const maxTokens = Math.min(left, this.#untold || left);
    return {
      promptIds: [...this.tokens],
      maxTokens,
      sampling: drawn,
      grammar: text,
      logprobs,
      sessionKey,
      signal,
    };
  }

  #endsInside(tokens: readonly Token[]): boolean {
    const { tokenBytes } = this.#continuation;
    return incompleteTailLength(Buffer.concat(tokens.slice(-4).map(tokenBytes))) > 0;
  }

  #take(token: Token): void {
    this.#continuation.grammar?.accept(token);
    this.tokens.push(token);
    this.generated++;
  }
}

/** The tokens that may come next, where they are few: inside of a character they are. */
function allowedTokens(grammar: GrammarMatcher): Token[] {
  const { count, words } = grammar.mask();
  if (grammar.rest === undefined || count > namedTokensMax)
    throw new UnsupportedError(
      "grammar: a grammar that begins to apply later is offered by local models alone",
    );
  const ids: Token[] = [];
  for (const [index, word] of words.entries())
    for (let bit = 0; bit < 32; bit++) if ((word & (1 << bit)) !== 0) ids.push((32 * index + bit) as Token);
  return ids;
}

/**
 * Lifts tokens above all others, among themselves as they were. A grammar of these tokens would say the same, but
 * llama-server does not survive one whose tokens are parts of characters.
 */
function biasTowards(tokens: readonly Token[], { tokenBias }: RemoteSampling): Map<Token, number> {
  const lift = 100;
  return new Map(
    tokens.map((token) => [token, tokenBias?.get(token) === Number.NEGATIVE_INFINITY ? -lift : lift]),
  );
}
