import type { LogitRows } from "../context/continue-sequence.ts";
import type { LlamaContextSequence } from "../context/llama-context-sequence.ts";
import type { HeldSequence, SequenceStore } from "../context/sequence-store.ts";
import type { EvaluateTargetOptions, EvaluationPriority } from "../context-sequence.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { LiveSequence } from "../live-sequence.ts";
import type { Token } from "../token.ts";
import type { ContextShiftOptions } from "./context-shift.ts";
import { appendShifting } from "./context-shift.ts";
import {
  type ControlledEvaluateIndexOutput,
  type ControlledEvaluateInputItem,
  type ControlledEvaluateOptions,
  controlledEvaluate,
} from "./controlled-evaluate.ts";
import type {
  NextInput,
  SequenceEvaluateMetadataOptions,
  SequenceEvaluateOptions,
  SequenceEvaluateOutput,
} from "./evaluate-options.ts";
import { evaluateSequence } from "./evaluate-sequence.ts";
import { type ContextTokensDeleteRange, keptByErasing, withoutRanges } from "./token-ranges.ts";

/**
 * A sequence token by token: callers say what to put behind what the cache holds, instead of the whole list. Chat
 * sessions use `generate()`, which finds the difference by itself.
 */
export abstract class LowLevelSequence extends LiveSequence {
  /** @internal */
  abstract readonly held: HeldSequence;
  /** @internal */
  abstract readonly store: SequenceStore;
  /** @internal What leaves the sequence when it is full. */
  abstract readonly contextShift: ContextShiftOptions;
  abstract readonly contextTokens: Token[];
  abstract readonly nextTokenIndex: number;
  abstract preload(target: readonly Token[], options?: EvaluateTargetOptions): Promise<void>;
  /** @internal Runs while nobody else works on the sequence's cells. */
  abstract exclusively<T>(task: () => T | Promise<T>): Promise<T>;
  /** @internal Evaluates tokens behind what the sequence holds and reads the logits after the last `outputs`. */
  abstract appendTokens(
    tokens: readonly Token[],
    outputs: number,
    priority: EvaluationPriority,
    onLogits: (rows: LogitRows) => void,
  ): Promise<void>;

  /**
   * Evaluates tokens behind what the sequence holds and generates until the model ends. A token that is yielded is
   * evaluated when the next one is asked for; `next(tokens)` puts others in its place. A full sequence is shifted.
   *
   * @throws ColloquyError `invalid-argument`, `context-overflow`, `grammar-mismatch`, `disposed`
   * @example
   * for await (const token of sequence.evaluate(model.tokenize("Once"), { temperature: 0.8 }))
   *   process.stdout.write(model.detokenize([token]));
   */
  async *evaluate(
    tokens: readonly Token[],
    options: SequenceEvaluateOptions = {},
  ): AsyncGenerator<Token, void, NextInput> {
    const outputs = evaluateSequence(this.#self, tokens, {}, options);
    try {
      for (let given: NextInput; ; ) {
        const step = await outputs.next(given);
        if (step.done) return;
        given = yield step.value.token;
      }
    } finally {
      await outputs.return();
    }
  }

  /**
   * {@link evaluate} that tells how probable tokens were.
   * @example
   * for await (const { token, confidence } of sequence.evaluateWithMetadata(tokens, { confidence: true })) …
   */
  evaluateWithMetadata<const Metadata extends SequenceEvaluateMetadataOptions>(
    tokens: readonly Token[],
    metadata: Metadata,
    options: SequenceEvaluateOptions = {},
  ): AsyncGenerator<SequenceEvaluateOutput<Metadata>, void, NextInput> {
    return evaluateSequence(this.#self, tokens, metadata, options);
  }

  /** Evaluates tokens behind what the sequence holds. */
  evaluateWithoutGeneratingNewTokens(
    tokens: readonly Token[],
    options: Pick<SequenceEvaluateOptions, "evaluationPriority" | "contextShift"> = {},
  ): Promise<void> {
    const { evaluationPriority: priority = 5, contextShift = this.contextShift } = options;
    return appendShifting(this.#self, tokens, 0, { priority, contextShift }, () => {});
  }

  /**
   * Evaluates tokens behind what the sequence holds and tells what would come after those that ask for it.
   * @returns a result at the index of each token that asked
   * @example
   * const results = await sequence.controlledEvaluate([first, [second, { generateNext: { token: true } }]]);
   * results[1]?.next.token;
   */
  controlledEvaluate(
    input: readonly ControlledEvaluateInputItem[],
    options: ControlledEvaluateOptions = {},
  ): Promise<(ControlledEvaluateIndexOutput | undefined)[]> {
    return controlledEvaluate(this.#self, input, options);
  }

  /** The first index at which the sequence holds something else than `tokens`; `nextTokenIndex` when it does not. */
  compareContextTokens(tokens: readonly Token[]): { firstDifferentIndex: number } {
    return { firstDifferentIndex: commonPrefixLength(this.held.ledger.cells, tokens) };
  }

  /**
   * Erases what is not in `tokens`. The sequence then holds the first `nextTokenIndex` of them.
   * @param allowShift Whether tokens behind an erased one may be kept, where the model can move them. Default `true`.
   *   A few tokens are rather evaluated again than moved. With `false` nothing is evaluated.
   */
  async adaptStateToTokens(tokens: readonly Token[], allowShift = true): Promise<void> {
    const { firstDifferentIndex } = this.compareContextTokens(tokens);
    const kept =
      allowShift && this.store.setup.canShift
        ? keptByErasing(this.contextTokens, tokens)
        : tokens.slice(0, firstDifferentIndex);
    if (kept.length > firstDifferentIndex) await this.preload(kept, { edit: "shift" });
    else await this.exclusively(() => this.#cut(firstDifferentIndex));
  }

  /**
   * Erases tokens by index. Those behind are moved, or evaluated again where that is cheaper or the model cannot move them.
   * @throws InvalidArgumentError
   */
  async eraseContextTokenRanges(ranges: readonly ContextTokensDeleteRange[]): Promise<void> {
    await this.preload(withoutRanges(this.contextTokens, ranges), { edit: "shift" });
  }

  /** Keeps a copy of the state to go back to, where {@link needsCheckpoints}; else does nothing. */
  async takeCheckpoint(): Promise<void> {
    if (this.needsCheckpoints)
      await this.exclusively(() => this.held.checkpoints.take(this.store, this.held));
  }

  /** Whether the model's state cannot be cut at any token: recurrent models and small window caches. */
  get needsCheckpoints(): boolean {
    return !this.store.setup.canCut;
  }
  /** The last token that the last checkpoint holds; 0 without one. */
  get lastCheckpointIndex(): number {
    return Math.max(0, (this.held.checkpoints.lengths.at(-1) ?? 0) - 1);
  }
  /** Bytes of all checkpoints. */
  get checkpointsMemoryUsage(): number {
    return this.held.checkpoints.bytes;
  }
  /** The first token whose cells are there in every layer, later than 0 with a sliding window; -1 when it is empty. */
  get stateCellsStartIndex(): number {
    return this.disposed ? -1 : this.store.firstPosition(this.held);
  }
  get isLoadedToMemory(): boolean {
    return !this.disposed;
  }

  async #cut(length: number): Promise<void> {
    const { held, store } = this;
    if (length >= held.ledger.length) return;
    if (this.needsCheckpoints) held.checkpoints.goBack(store, held, length);
    else store.remove(held, store.holdsWindowBefore(held, length) ? length : 0);
  }

  get #self(): LlamaContextSequence {
    return this as unknown as LlamaContextSequence;
  }
}
