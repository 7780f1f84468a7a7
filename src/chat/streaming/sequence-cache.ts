import { DisposedError, InvalidArgumentError } from "../../base/errors.ts";
import type {
  ContextSequence,
  EditMode,
  EvaluationReport,
  LanguageModel,
} from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { KvCache } from "../history/chat-history-options.ts";
import { commonLength } from "../history/token-spans.ts";
import type { LentSequence, SequencePool, SequenceSource } from "./sequence-pool.ts";

/**
 * What a conversation has in a model's cache, as tokens. Edits are list operations: they reach the cache with the next
 * evaluation, which compares what is there with what it needs.
 *
 * A cache may lose its place in memory to another one; it is empty then, and nothing but time is lost.
 */
export class SequenceCache implements KvCache {
  readonly model: LanguageModel;
  readonly #source: SequenceSource;
  readonly #pool: SequencePool | undefined;
  #edited: readonly Token[] | undefined;
  #disposed = false;
  #reusedTokens = 0;
  #lastEdit: "shift" | "reevaluated" | "none" = "none";

  /** @internal @param pool takes the sequence back when the cache is disposed */
  constructor(model: LanguageModel, source: SequenceSource, pool?: SequencePool) {
    this.model = model;
    this.#source = source;
    this.#pool = pool;
  }

  /** The tokens, in order: those that the next reply without a position goes on from. */
  get tokens(): readonly Token[] {
    return this.#edited ?? this.sequence?.contextTokens ?? [];
  }

  get length(): number {
    return this.tokens.length;
  }

  /** Place of the next token. */
  get position(): number {
    return this.length;
  }

  /** The sequence that holds the tokens now; `undefined` before the first evaluation. */
  get sequence(): ContextSequence | undefined {
    return this.#disposed ? undefined : this.#source.current(this);
  }

  /**
   * What the last evaluation did with what was there: moved it to new places, dropped a part that was not the
   * beginning of what was asked for, or neither.
   */
  get lastEdit(): "shift" | "reevaluated" | "none" {
    return this.#lastEdit;
  }

  /** Tokens that the last evaluation found in the cache, moved and shared ones included. */
  get reusedTokens(): number {
    return this.#reusedTokens;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Removes the last `count` tokens. @throws RangeError when there are fewer; nothing is changed then */
  pop(count: number): void {
    const { tokens } = this;
    if (!Number.isInteger(count) || count < 0 || count > tokens.length)
      throw new RangeError(`${count} is out of range: the cache has ${tokens.length} tokens`);
    this.#edit(tokens.slice(0, tokens.length - count));
  }

  /** Removes the tokens from `start` to before `stop`. @throws RangeError; nothing is changed then */
  remove(start: number, stop: number): void {
    const { tokens } = this;
    if (
      !Number.isInteger(start) ||
      !Number.isInteger(stop) ||
      start < 0 ||
      stop < start ||
      stop > tokens.length
    )
      throw new RangeError(`The range ${start} to ${stop} is not within ${tokens.length} tokens`);
    this.#edit([...tokens.slice(0, start), ...tokens.slice(stop)]);
  }

  /**
   * Brings the cache in line with its tokens now, instead of with the next reply.
   * @throws ColloquyError `disposed`
   */
  async sync({ signal, edit }: { signal?: AbortSignal; edit?: EditMode } = {}): Promise<void> {
    const lent = await this.lend(signal ?? new AbortController().signal);
    try {
      const before = [...lent.sequence.contextTokens];
      const { tokens } = this;
      await lent.sequence.preload(tokens, { signal, edit });
      this.took(tokens, before, lent.sequence.lastEvaluation);
    } finally {
      lent.release();
    }
  }

  /** Gives the place in memory back. Twice does nothing more. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#pool?.drop(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** @internal */
  lend(signal: AbortSignal): Promise<LentSequence> {
    if (this.#disposed) throw new DisposedError("The cache");
    return this.#source.lend(this, signal);
  }

  /** @internal Notes that `target` was evaluated where `before` had been. */
  took(target: readonly Token[], before: readonly Token[], report: EvaluationReport | undefined): void {
    this.#edited = undefined;
    if (report === undefined) return;
    this.#reusedTokens = report.reusedTokens + report.movedTokens + report.sharedTokens;
    const dropped = commonLength(target, before) < before.length;
    this.#lastEdit = report.movedTokens > 0 ? "shift" : dropped ? "reevaluated" : "none";
  }

  #edit(tokens: readonly Token[]): void {
    if (this.#disposed) throw new DisposedError("The cache");
    this.#edited = tokens;
  }
}

/** @throws ColloquyError `invalid-argument` when a cache is not one of this model's */
export function checkCache(cache: unknown, model: LanguageModel): SequenceCache {
  if (!(cache instanceof SequenceCache) || cache.model !== model)
    throw new InvalidArgumentError("kvCache must be the cache of a reply of this model");
  return cache;
}
