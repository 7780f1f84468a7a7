import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import { Lock } from "../../base/lock.ts";
import type {
  ContextSequence,
  EvaluateTargetOptions,
  EvaluationPriority,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
} from "../context-sequence.ts";
import { DraftPolicy } from "../drafts/draft-policy.ts";
import { createLookupDrafter } from "../drafts/drafter.ts";
import type { InputLookupTokenPredictor } from "../drafts/input-lookup-token-predictor.ts";
import { maxTokensOf } from "../live-sequence.ts";
import type { ContextShiftOptions } from "../low-level/context-shift.ts";
import { LowLevelSequence } from "../low-level/low-level-sequence.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import { createSampler } from "../sampling/sampler.ts";
import { stepTokensMax } from "../scheduler/plan-batch.ts";
import { EvaluationAborted } from "../scheduler/scheduler.ts";
import { findBrokenSpan } from "../spans/evaluate-span.ts";
import { readStateFile, writeStateFile } from "../state/state-file.ts";
import type { Token } from "../token.ts";
import { alignSequence } from "./align-sequence.ts";
import type { CheckpointOptions } from "./checkpoints.ts";
import { continueSequence, type LogitRows } from "./continue-sequence.ts";
import type { LlamaContext } from "./llama-context.ts";
import type { HeldSequence, SequenceStore } from "./sequence-store.ts";

export interface SequenceOptions {
  /** Default way in which edits reach the cache. Default `"exact"`. */
  edit?: EvaluateTargetOptions["edit"];
  /**
   * Whether replies that repeat earlier text may be drafted from it. Every token is still sampled as without; drafts are
   * made only while measured steps show that they pay. Default `true`.
   */
  drafts?: boolean;
  /** What leaves the sequence when `evaluate()` and its kin find it full. Default: the oldest tokens. */
  contextShift?: ContextShiftOptions;
  /** How many copies are kept to go back to, where the state cannot be cut: see `needsCheckpoints`. */
  checkpoints?: CheckpointOptions;
  /** node-llama-cpp's way to ask for {@link drafts}; other predictors than this one are refused. */
  tokenPredictor?: InputLookupTokenPredictor;
}

/** One conversation's place in a context. Made by `context.getSequence()`. */
export class LlamaContextSequence extends LowLevelSequence implements ContextSequence {
  readonly context: LlamaContext;
  /** @internal */
  readonly held: HeldSequence;
  /** @internal */
  readonly store: SequenceStore;
  readonly #options: SequenceOptions;
  /** Held only while native code works for this sequence: the disposal need not wait for whoever reads a reply. */
  readonly #work = new Lock();
  readonly #drafts: DraftPolicy | undefined;

  /** @internal */
  constructor(context: LlamaContext, store: SequenceStore, held: HeldSequence, options: SequenceOptions) {
    super();
    this.context = context;
    this.store = store;
    this.held = held;
    this.#options = options;
    this.#drafts = options.drafts === false || !store.setup.canCut ? undefined : new DraftPolicy();
    this.scope.add(async () => {
      await this.#work.run(() => store.release(held));
    });
  }

  get model(): LlamaModel {
    return this.context.model;
  }
  get contextSize(): number {
    return this.context.contextSize;
  }
  /** What the cache holds now, in order. */
  get contextTokens(): Token[] {
    return this.held.ledger.toArray() as Token[];
  }
  /** How many tokens the cache holds; the position of the next one. */
  get nextTokenIndex(): number {
    return this.held.ledger.length;
  }

  async *generate(
    target: readonly Token[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
    this.checkTarget(target);
    if (target.at(-1)! < 0)
      throw new InvalidArgumentError("There must be a token behind the last image to go on from");
    const { grammar } = options;
    const maxTokens = maxTokensOf(options);
    const sampler = createSampler(options.sampling, { vocabulary: this.model, history: target });
    const release = await this.lock.acquire();
    const abort = this.abortWith(options.signal);
    try {
      this.scope.check();
      const { signal } = abort;
      return yield* continueSequence(
        {
          sampler,
          grammar,
          drafter: this.#drafts === undefined ? undefined : createLookupDrafter(this.#drafts, target),
          maxTokens,
          logprobs: options.logprobs ?? 0,
          signal,
          isEndToken: (token) => this.model.vocabulary.isEndToken(token),
          contextSize: this.contextSize,
          isAlone: () => this.store.setup.scheduler.isQuiet,
          align: (tokens, onLogits) => this.#align(tokens, { ...options, signal }, onLogits),
          append: (tokens, outputs, onLogits) =>
            this.#append(tokens, outputs, { ...options, signal }, onLogits),
        },
        target,
      );
    } catch (error) {
      if (!(error instanceof EvaluationAborted)) throw error;
      this.scope.check();
      return { reason: "abort" };
    } finally {
      abort.unlink();
      this.store.states.keepGrown(this.held);
      release();
    }
  }

  async preload(target: readonly Token[], options: EvaluateTargetOptions = {}): Promise<void> {
    if (target.length === 0) return this.clearHistory();
    this.checkTarget(target);
    await this.lock.run(async () => {
      this.scope.check();
      const { signal, unlink } = this.abortWith(options.signal);
      try {
        await this.#align(target, { ...options, signal }, undefined);
      } catch (error) {
        if (!(error instanceof EvaluationAborted)) throw error;
        this.scope.check();
        options.signal?.throwIfAborted();
      } finally {
        unlink();
      }
    });
  }

  async clearHistory(): Promise<void> {
    this.scope.check();
    const { scheduler } = this.store.setup;
    await this.#run(() =>
      scheduler.exclusive(async () => {
        await this.store.states.keep(this.held);
        this.store.remove(this.held, 0);
        this.held.checkpoints.clear();
      }),
    );
  }

  /**
   * A new sequence that holds the same tokens. The cells are shared: nothing is evaluated or copied.
   * @throws ColloquyError `range` when the context has no sequence left
   */
  async fork(): Promise<LlamaContextSequence> {
    this.scope.check();
    const copy = this.context.getSequence(this.#options);
    const { scheduler, canShare } = this.store.setup;
    if (canShare)
      await this.#run(() =>
        scheduler.exclusive(() => this.store.share(this.held, copy.held, this.held.ledger.length)),
      );
    return copy;
  }

  /**
   * Saves what the sequence holds, with the tokens, the model's fingerprint and a checksum.
   * @example await sequence.saveStateToFile("chat.state");
   */
  async saveStateToFile(filePath: string): Promise<{ fileSize: number }> {
    this.scope.check();
    const { scheduler } = this.store.setup;
    const state = await this.#run(() => scheduler.exclusive(() => this.store.states.read(this.held)));
    return {
      fileSize: await writeStateFile(filePath, this.model.fingerprint, this.context.stateLayout, state),
    };
  }

  /**
   * Loads what {@link saveStateToFile} saved. The file is checked completely before anything changes, so the
   * `acceptRisk` of node-llama-cpp is accepted and not needed.
   * @throws ColloquyError `state-file-invalid`, `state-file-mismatch`, `context-overflow`; the sequence is as before
   */
  async loadStateFromFile(filePath: string, _options?: { acceptRisk?: boolean }): Promise<void> {
    this.scope.check();
    const state = await readStateFile(filePath, this.model.fingerprint, this.context.stateLayout);
    if (state.tokens.length > this.contextSize)
      throw new ColloquyError(
        "context-overflow",
        `The file holds ${state.tokens.length} tokens, the context ${this.contextSize}`,
      );
    await this.#run(() =>
      this.store.setup.scheduler.exclusive(() => this.store.states.write(this.held, state)),
    );
  }

  /** What `getSequence()` was given. */
  get tokenPredictor(): InputLookupTokenPredictor | undefined {
    return this.#options.tokenPredictor;
  }
  /** @internal */
  get contextShift(): ContextShiftOptions {
    return this.#options.contextShift ?? {};
  }
  /** @internal */
  exclusively<T>(task: () => T | Promise<T>): Promise<T> {
    this.scope.check();
    return this.#run(() => this.store.setup.scheduler.exclusive(task));
  }
  /** @internal */
  async appendTokens(
    tokens: readonly Token[],
    outputs: number,
    priority: EvaluationPriority,
    onLogits: (rows: LogitRows) => void,
  ): Promise<void> {
    this.checkTarget(tokens);
    if (tokens.some((token) => token < 0))
      throw new InvalidArgumentError("Images cannot be appended token by token");
    const release = await this.lock.acquire();
    const abort = this.abortWith(undefined);
    try {
      this.scope.check();
      const { length } = this.held.ledger;
      if (length + tokens.length > this.contextSize)
        throw new ColloquyError(
          "context-overflow",
          `${tokens.length} tokens do not fit behind ${length} others`,
        );
      await this.#append(tokens, outputs, { priority, signal: abort.signal }, (rows) => {
        onLogits(rows);
        return outputs;
      });
    } catch (error) {
      if (error instanceof EvaluationAborted) this.scope.check();
      throw error;
    } finally {
      abort.unlink();
      release();
    }
  }

  async #align(
    target: readonly Token[],
    options: EvaluateTargetOptions,
    onLogits: ((rows: LogitRows) => void) | undefined,
  ): Promise<void> {
    const edit = options.edit ?? this.#options.edit ?? "exact";
    this.report = await this.#native(() =>
      alignSequence(this.store, this.held, target, { ...options, edit }, onLogits),
    );
    const { evaluatedTokens } = this.report;
    const outputs = onLogits === undefined ? 0 : 1;
    this.tokenMeter.useTokens(evaluatedTokens - outputs, "input");
    this.tokenMeter.useTokens(outputs, "output");
  }

  async #append(
    tokens: readonly Token[],
    outputs: number,
    options: EvaluateTargetOptions,
    onLogits: (rows: LogitRows) => number,
  ): Promise<void> {
    const { store, held } = this;
    const { ledger, id } = held;
    const start = ledger.length;
    await this.#native(() =>
      store.setup.scheduler.evaluate({
        sequence: id,
        tokens,
        position: start,
        priority: options.priority ?? 5,
        // A memory that cannot be cut would lose the whole reply with a token that is cut short: that one is waited for.
        signal: store.setup.canCut || tokens.length > stepTokensMax ? options.signal : undefined,
        outputs,
        onProgress: (evaluated) => ledger.append(tokens, ledger.length - start, evaluated),
        onLost: store.setup.canCut ? undefined : () => store.lose(held),
        onLogits: (rows) => {
          const kept = onLogits(rows);
          // Called between two decodes: the cells of tokens that were drafted wrongly can go right away.
          if (kept < outputs) store.remove(held, ledger.length - outputs + kept);
          this.tokenMeter.useTokens(tokens.length - kept, "input");
          this.tokenMeter.useTokens(kept, "output");
        },
      }),
    );
  }

  /** Waits for the calls before this one, then works on the cells. @throws DisposedError */
  #run<T>(work: () => Promise<T>): Promise<T> {
    return this.lock.run(() => this.#native(work));
  }

  /** @throws DisposedError when the sequence was disposed while this call waited */
  #native<T>(work: () => Promise<T>): Promise<T> {
    return this.#work.run(() => {
      this.scope.check();
      return work();
    });
  }

  protected checkMedia(target: readonly Token[]): void {
    const broken = findBrokenSpan(target, (id) => this.model.spans.span(id)?.length);
    if (broken >= 0)
      throw new InvalidArgumentError(
        `${target[broken]} at ${broken} is no token, and no image that is whole`,
      );
  }
}
