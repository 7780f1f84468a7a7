import { randomUUID } from "node:crypto";
import { InvalidArgumentError, UnsupportedError } from "../base/errors.ts";
import type {
  ContextSequence,
  EvaluateTargetOptions,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
} from "../engine/context-sequence.ts";
import { commonPrefixLength } from "../engine/ledger/longest-prefix.ts";
import { maxTokensOf } from "../engine/live-sequence.ts";
import type { NextInput, SequenceEvaluateOptions } from "../engine/low-level/evaluate-options.ts";
import {
  type ContextTokensDeleteRange,
  keptByErasing,
  withoutRanges,
} from "../engine/low-level/token-ranges.ts";
import type { Token } from "../engine/token.ts";
import { continueRemotely } from "./continue-remotely.ts";
import { evaluateRemotely, withRoom } from "./evaluate-remotely.ts";
import { probeTokenizer } from "./probe-engine.ts";
import { RefusedSequenceOperations } from "./refused-operations.ts";
import type { RemoteContext } from "./remote-context.ts";
import type { RemoteSampling } from "./remote-engine.ts";
import type { RemoteModel } from "./remote-model.ts";
import { remoteSampling } from "./remote-sampling.ts";
import { readRemoteState, writeRemoteState } from "./remote-state-file.ts";

export interface RemoteSequenceOptions {
  /** Sent with every request of this sequence, so that a router finds the worker that knows it. Default: random. */
  sessionKey?: string;
}

/**
 * One conversation on an engine elsewhere. Every evaluation is a request with the whole token list; the engine's prefix
 * cache does the rest. `contextTokens` is what that cache should hold; nothing depends on it but figures.
 */
export class RemoteContextSequence extends RefusedSequenceOperations implements ContextSequence {
  readonly context: RemoteContext;
  readonly sessionKey: string;
  #held: Token[] = [];
  #sampling: RemoteSampling | undefined;
  #isWorkerChecked = false;

  /** @internal */
  constructor(context: RemoteContext, options: RemoteSequenceOptions = {}) {
    super();
    this.context = context;
    this.sessionKey = options.sessionKey ?? randomUUID();
  }

  get model(): RemoteModel {
    return this.context.model;
  }
  get contextSize(): number {
    return this.context.contextSize;
  }
  get contextTokens(): Token[] {
    return [...this.#held];
  }
  get nextTokenIndex(): number {
    return this.#held.length;
  }

  /** How the last reply was drawn, its seed included, as the engine was told; saved and loaded with the state. */
  get lastSampling(): RemoteSampling | undefined {
    return this.#sampling;
  }

  async *generate(
    target: readonly Token[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
    this.checkTarget(target);
    const { edit } = options;
    if (edit !== undefined && edit !== "exact" && edit !== "shift")
      throw new InvalidArgumentError(`edit must be "exact" or "shift", not ${String(edit)}`);
    const { grammar, logprobs = 0 } = options;
    const maxTokens = maxTokensOf(options);
    const sampling = remoteSampling(options.sampling);
    const { engine, retries, retryDelayMs } = this.context.connection;
    engine.check({ sampling, logprobs });
    const release = await this.lock.acquire();
    const abort = this.abortWith(options.signal);
    try {
      this.scope.check();
      this.#sampling = sampling;
      const meter = this.#meter();
      const stream = continueRemotely(
        {
          engine,
          modelName: this.model.name,
          sampling,
          grammar,
          maxTokens,
          logprobs,
          contextSize: this.contextSize,
          sessionKey: this.sessionKey,
          signal: abort.signal,
          retries,
          retryDelayMs,
          isEndToken: (token) => this.model.isEogToken(token),
          tokenBytes: (token) => this.model.tokenBytes(token),
          ...meter,
          checkWorker: () => this.#checkWorker(abort.signal),
          onBroken: () => {
            this.#isWorkerChecked = false;
          },
        },
        target,
      );
      return yield* this.#follow(stream, target);
    } finally {
      abort.abort();
      abort.unlink();
      release();
    }
  }

  /** Evaluates by asking for one token, which is thrown away. */
  async preload(target: readonly Token[], options: EvaluateTargetOptions = {}): Promise<void> {
    if (target.length === 0) return this.clearHistory();
    const sampling = this.#sampling;
    const { done } = await lastOf(this.generate(target, { ...options, maxTokens: 1 }));
    this.#held = [...target];
    this.#sampling = sampling;
    if (done.reason === "abort") options.signal?.throwIfAborted();
  }

  /**
   * Tokens behind what the sequence holds, generated until the model ends; `next(tokens)` puts others in the place of the
   * one that was yielded, with a request of its own. A full sequence is shifted.
   * @throws ColloquyError as {@link generate}; `unsupported` for options that are asked before every token
   */
  evaluate(
    tokens: readonly Token[],
    options: SequenceEvaluateOptions = {},
  ): AsyncGenerator<Token, void, NextInput> {
    return evaluateRemotely(this, tokens, options);
  }

  /** Evaluates tokens behind what the sequence holds. */
  async evaluateWithoutGeneratingNewTokens(
    tokens: readonly Token[],
    options: Pick<SequenceEvaluateOptions, "evaluationPriority" | "contextShift"> = {},
  ): Promise<void> {
    const { contextShift, evaluationPriority: priority } = options;
    await this.preload(await withRoom(this, tokens, contextShift), { priority });
  }

  /** The first index at which the sequence holds something else than `tokens`; `nextTokenIndex` when it does not. */
  compareContextTokens(tokens: readonly Token[]): { firstDifferentIndex: number } {
    return { firstDifferentIndex: commonPrefixLength(this.#held, tokens) };
  }

  /** Forgets what is not in `tokens`. Nothing is sent: the next request has the new list. */
  async adaptStateToTokens(tokens: readonly Token[], allowShift = true): Promise<void> {
    await this.#hold((held) =>
      allowShift ? keptByErasing(held, tokens) : tokens.slice(0, commonPrefixLength(held, tokens)),
    );
  }

  /** Forgets tokens by index. Nothing is sent: the next request has the new list. @throws InvalidArgumentError */
  async eraseContextTokenRanges(ranges: readonly ContextTokensDeleteRange[]): Promise<void> {
    await this.#hold((held) => withoutRanges(held, ranges));
  }

  /**
   * A new sequence that holds the same tokens, under the same session key: the engine finds them in its cache.
   * @throws ColloquyError `range` when the context has no sequence left
   */
  async fork(): Promise<RemoteContextSequence> {
    this.scope.check();
    const copy = this.context.getSequence({ sessionKey: this.sessionKey });
    await this.lock.run(() => {
      copy.#held = [...this.#held];
    });
    return copy;
  }

  /** The engine keeps what it needs to go back: nothing to do. */
  async takeCheckpoint(): Promise<void> {
    this.scope.check();
  }
  readonly needsCheckpoints = false;
  readonly lastCheckpointIndex = 0;
  readonly checkpointsMemoryUsage = 0;
  /** Drafts are the engine's own business. */
  readonly tokenPredictor = undefined;
  /** The first token of what the engine's cache should hold; -1 when it is empty. */
  get stateCellsStartIndex(): number {
    return this.disposed || this.#held.length === 0 ? -1 : 0;
  }
  get isLoadedToMemory(): boolean {
    return !this.disposed;
  }

  /** The engine's cache forgets by itself: only the idea of it is cleared here. */
  async clearHistory(): Promise<void> {
    await this.#hold(() => []);
  }

  /**
   * Saves the tokens, the session's key, and how the last reply was drawn. What was computed stays with the engine:
   * loading evaluates again.
   * @example await sequence.saveStateToFile("chat.state");
   */
  async saveStateToFile(filePath: string): Promise<{ fileSize: number }> {
    this.scope.check();
    return this.lock.run(() =>
      writeRemoteState(filePath, {
        model: this.model.fingerprint,
        sessionKey: this.sessionKey,
        tokens: this.#held,
        sampling: this.#sampling,
      }),
    );
  }

  /**
   * Loads what {@link saveStateToFile} saved, by having the engine evaluate it. {@link lastSampling} is then the saved
   * one; the session's key stays this sequence's own.
   * @throws ColloquyError `state-file-invalid`, `state-file-mismatch`, `context-overflow`
   */
  async loadStateFromFile(filePath: string, _options?: { acceptRisk?: boolean }): Promise<void> {
    this.scope.check();
    const { sampling, tokens } = await readRemoteState(filePath, this.model.fingerprint);
    await this.preload(tokens);
    this.#sampling = sampling;
  }

  /** A router may send this session to a worker that the probe at the connection did not see. */
  async #checkWorker(signal: AbortSignal): Promise<void> {
    if (this.#isWorkerChecked) return;
    await probeTokenizer(
      this.context.connection.engine,
      this.model,
      this.model.name,
      signal,
      this.sessionKey,
    );
    this.#isWorkerChecked = true;
  }

  async #hold(change: (held: readonly Token[]) => readonly Token[]): Promise<void> {
    this.scope.check();
    await this.lock.run(() => {
      this.#held = [...change(this.#held)];
    });
  }

  /** Keeps the idea of the engine's cache: a token is in it when the next one is asked for. */
  async *#follow(
    stream: AsyncGenerator<GeneratedToken, GenerateFinish, void>,
    target: readonly Token[],
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
    let pending: Token | undefined;
    let isFirst = true;
    try {
      for (;;) {
        const next = await stream.next();
        if (next.done) {
          if (next.value.reason === "abort") this.scope.check();
          // What was sampled behind it shows that it was evaluated.
          if (next.value.eogToken !== undefined && pending !== undefined) this.#held.push(pending);
          return next.value;
        }
        if (isFirst) this.#held = [...target];
        isFirst = false;
        if (pending !== undefined) this.#held.push(pending);
        pending = next.value.token;
        this.tokenMeter.useTokens(1, next.value.forced ? "input" : "output");
        yield next.value;
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }

  /** Figures of the requests: at first by what should be in the cache, then by what the engine says was. */
  #meter() {
    let length = 0;
    let known = 0;
    let counted = 0;
    const started = performance.now();
    const report = (cached: number) => {
      const reused = Math.min(cached, known);
      const evaluated = Math.max(0, length - cached);
      this.tokenMeter.useTokens(evaluated - counted, "input");
      counted = evaluated;
      this.report = {
        reusedTokens: reused,
        movedTokens: 0,
        sharedTokens: cached - reused,
        evaluatedTokens: evaluated,
        promptMs: performance.now() - started,
      };
    };
    return {
      onRequest: (promptIds: readonly Token[]) => {
        length = promptIds.length;
        counted = 0;
        known = commonPrefixLength(this.#held, promptIds);
        report(Math.min(known, length - 1));
      },
      onCached: (cached: number) => report(Math.min(cached, length)),
    };
  }

  protected checkMedia(target: readonly Token[]): void {
    if (target.some((token) => token < 0))
      throw new UnsupportedError("media: images and sounds are offered by local models alone");
  }
}

async function lastOf(stream: AsyncGenerator<GeneratedToken, GenerateFinish, void>) {
  for (;;) {
    const next = await stream.next();
    if (next.done) return { done: next.value };
  }
}
