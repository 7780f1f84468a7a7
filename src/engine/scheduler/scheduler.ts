import { assert, ColloquyError } from "../../base/errors.ts";
import type { BatchDecoder, DecodeResult } from "./decoder.ts";
import { type BatchShare, planBatch } from "./plan-batch.ts";
import { PromptPace } from "./prompt-pace.ts";

/** Tokens to evaluate for one sequence. */
export interface EvaluationRequest {
  readonly sequence: number;
  readonly tokens: readonly number[];
  /** Position of the first token. */
  readonly position: number;
  readonly priority: number;
  readonly signal?: AbortSignal | undefined;
  /** How many of the last tokens need logits: 0 none, 1 to sample, more to check a draft. */
  readonly outputs: number;
  /**
   * Called once, in the same turn of the event loop in which the batch ended, before anything else is decoded:
   * `row(0)` are the logits of the first token that needs them.
   */
  readonly onLogits?: ((row: (index: number) => Float32Array) => void) | undefined;
  /** Called when tokens are in the cache: how many of `tokens`, counted from the first. */
  readonly onProgress?: ((evaluated: number) => void) | undefined;
  /**
   * For memories that cannot be cut. Called when a batch with some of `tokens` was cut short or failed: llama.cpp cannot
   * undo it there, so nothing that the sequence holds is of use any more.
   */
  readonly onLost?: (() => void) | undefined;
}

interface Job extends EvaluationRequest {
  readonly arrival: number;
  evaluated: number;
  remaining: number;
  outputIndexes: number[];
  settle(error?: unknown): void;
}

/** Who had steps in the last batch that had any, and when it ended. */
interface LastSteps {
  readonly sequences: readonly number[];
  readonly at: number;
}

/** How long a reply counts as running after a step when it has not asked for the next one. */
const lateMsMax = 20;

/** Told after every decode; says how many threads the next one uses. */
export interface ThreadPolicy {
  afterDecode(step: { threads: number; tokens: number; ms: number }): number;
  readonly threads: number;
}

export interface SchedulerOptions {
  /** Tokens of prompts at most in a batch in which running replies wait too. */
  readonly promptChunkMax: number;
  readonly threads: ThreadPolicy;
  /** Jobs that may wait; one more is refused with `queue-full`. Default 4096. */
  readonly queueMax?: number;
  readonly now?: () => number;
}

/** Figures of a scheduler since its start. */
export interface SchedulerStats {
  decodes: number;
  tokens: number;
  decodeMs: number;
  batchTokensMax: number;
  queued: number;
}

/** Thrown into a job whose signal was aborted; callers turn it into a finish or into the signal's reason. */
export class EvaluationAborted extends ColloquyError {
  constructor(signal: AbortSignal) {
    super("aborted", "The evaluation was aborted", { cause: signal.reason });
  }
}

/**
 * Runs the evaluations of all sequences of a context: one decode at a time, everybody's pending tokens in one batch.
 * It knows token ids and positions, nothing of chats.
 */
export class Scheduler {
  readonly stats: SchedulerStats = { decodes: 0, tokens: 0, decodeMs: 0, batchTokensMax: 0, queued: 0 };
  readonly #decoder: BatchDecoder;
  readonly #options: SchedulerOptions;
  readonly #now: () => number;
  readonly #pace: PromptPace;
  readonly #jobs = new Set<Job>();
  #arrivals = 0;
  readonly #exclusive: (() => Promise<void>)[] = [];
  /** A decode or an exclusive task is on the native context. */
  #busy = false;
  #current: readonly BatchShare<Job>[] | undefined;
  #scheduled = false;
  #closed = false;
  /** Native code came to rest for good: the context may be gone. */
  #ended = false;
  #shiftPending = false;
  /** The last batch had tokens of several sequences. */
  #shared = false;
  #lastSteps: LastSteps = { sequences: [], at: Number.NEGATIVE_INFINITY };

  constructor(decoder: BatchDecoder, options: SchedulerOptions) {
    this.#decoder = decoder;
    this.#options = options;
    this.#pace = new PromptPace(options.promptChunkMax, decoder.batchSize);
    this.#now = options.now ?? (() => performance.now());
    decoder.setThreads(options.threads.threads);
  }

  get threads(): number {
    return this.#options.threads.threads;
  }

  /** Nobody waits, and the last batch had no tokens of a second sequence. */
  get isQuiet(): boolean {
    return this.#jobs.size === 0 && !this.#shared;
  }

  /**
   * Evaluates tokens.
   * @throws EvaluationAborted when the signal is aborted; ColloquyError `queue-full`, `context-overflow`, `native-failure`
   */
  evaluate(request: EvaluationRequest): Promise<void> {
    if (this.#closed) return Promise.reject(new ColloquyError("disposed", "The context is disposed"));
    if (request.signal?.aborted) return Promise.reject(new EvaluationAborted(request.signal));
    if (this.#jobs.size >= (this.#options.queueMax ?? 4096))
      return Promise.reject(
        new ColloquyError("queue-full", `${this.#jobs.size} evaluations are waiting already`),
      );
    const { outputs, tokens } = request;
    assert(
      tokens.length > 0 && outputs <= Math.min(tokens.length, this.#decoder.batchSize),
      "an evaluation without tokens, or of more outputs than a batch has",
    );
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#abortJob(job);
      const job: Job = {
        ...request,
        arrival: this.#arrivals++,
        evaluated: 0,
        remaining: request.tokens.length,
        outputIndexes: [],
        settle: (error?: unknown) => {
          if (!this.#jobs.delete(job)) return;
          this.stats.queued = this.#jobs.size;
          request.signal?.removeEventListener("abort", onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#jobs.add(job);
      this.stats.queued = this.#jobs.size;
      request.signal?.addEventListener("abort", onAbort, { once: true });
      this.#schedule();
    });
  }

  /** Runs a task on the native context while no decode and no other such task is running. */
  exclusive<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new ColloquyError("disposed", "The context is disposed"));
    return new Promise((resolve, reject) => {
      this.#exclusive.push(async () => {
        try {
          const result = task();
          resolve(result instanceof Promise ? await result : result);
        } catch (error) {
          reject(error);
        }
      });
      if (!this.#busy) void this.#runExclusive();
    });
  }

  async #runExclusive(): Promise<void> {
    this.#busy = true;
    for (let task = this.#exclusive.shift(); task !== undefined; task = this.#exclusive.shift()) await task();
    this.#busy = false;
    if (this.#jobs.size > 0) this.#schedule();
  }

  /** Cells were moved: the next decode carries a pass over the cache, which says nothing about its threads. */
  expectShift(): void {
    this.#shiftPending = true;
  }

  /** Ends every evaluation, the running one too, and resolves when native code has come to rest. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#closed = true;
    if (this.#current !== undefined) this.#decoder.abort();
    const error = new ColloquyError("disposed", "The context was disposed during the evaluation");
    await this.exclusive(() => {
      this.#ended = true;
    });
    for (const job of [...this.#jobs]) job.settle(error);
  }

  #abortJob(job: Job): void {
    const inBatch = this.#current?.some((share) => share.job === job) ?? false;
    // The batch may carry others' tokens. It is cut short only when nobody waits for it any more.
    if (!inBatch) job.settle(new EvaluationAborted(job.signal!));
    else if (this.#current!.every((share) => share.job.signal?.aborted)) this.#decoder.abort();
  }

  #schedule(): void {
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    // After the current turn: whoever got a token in the last batch has asked for the next one by then, so that
    // all of them travel together; and input and output of the program get their turn in between.
    setImmediate(() => {
      this.#scheduled = false;
      void this.#step();
    });
  }

  async #step(): Promise<void> {
    if (this.#busy || this.#closed) return;
    const shares = planBatch([...this.#jobs], {
      batchSize: this.#decoder.batchSize,
      promptRoom: (stepTokens) => this.#promptRoom(stepTokens),
    });
    if (shares.length === 0) return;
    this.#shared = shares.length > 1;
    this.#current = shares;
    this.#busy = true;
    try {
      await this.#decodeBatch(shares);
    } catch (error) {
      for (const { job } of shares) {
        if (this.#jobs.has(job)) job.onLost?.();
        job.settle(error);
      }
    } finally {
      this.#current = undefined;
      await this.#runExclusive();
    }
  }

  #promptRoom(stepTokens: number): number {
    const { beside, alone } = this.#pace.parts(stepTokens);
    return stepTokens > 0 || this.#isReplyLate() ? beside : alone;
  }

  /** A reply whose listener has not asked for the next token yet must not wait for a whole batch of somebody's prompt. */
  #isReplyLate(): boolean {
    const { sequences, at } = this.#lastSteps;
    if (this.#now() - at > lateMsMax) return false;
    const asking = new Set([...this.#jobs].map(({ sequence }) => sequence));
    return sequences.some((sequence) => !asking.has(sequence));
  }

  async #decodeBatch(shares: readonly BatchShare<Job>[]): Promise<void> {
    const { stats } = this;
    const decoder = this.#decoder;
    decoder.begin();
    for (const share of shares) addShare(decoder, share);
    const tokens = shares.reduce((sum, { count }) => sum + count, 0);
    const started = this.#now();
    const result = await decoder.decode();
    const ended = this.#now();
    const ms = ended - started;
    const steps = shares.filter(({ isStep }) => isStep);
    if (steps.length > 0) this.#lastSteps = { sequences: steps.map(({ job }) => job.sequence), at: ended };
    stats.decodes++;
    stats.tokens += tokens;
    stats.decodeMs += ms;
    stats.batchTokensMax = Math.max(stats.batchTokensMax, tokens);
    const judged = !this.#shiftPending;
    this.#shiftPending = false;
    if (result === "done" && judged) {
      const stepTokens = steps.reduce((sum, { count }) => sum + count, 0);
      this.#pace.report(stepTokens, tokens - stepTokens, ms);
      const { threads } = this.#options;
      const used = threads.threads;
      const next = threads.afterDecode({ threads: used, tokens, ms });
      if (next !== used) decoder.setThreads(next);
    }
    for (const share of shares)
      try {
        this.#finishShare(share, result);
      } catch (error) {
        // A listener of one job threw: the others go on.
        share.job.settle(error);
      }
    if (result === "no-room") this.#refuseLargest(shares);
  }

  #finishShare({ job, count }: BatchShare<Job>, result: DecodeResult): void {
    if (result === "no-room") {
      job.outputIndexes = [];
    } else if (result === "aborted" && job.onLost !== undefined) {
      job.onLost();
      job.settle(
        job.signal?.aborted
          ? new EvaluationAborted(job.signal)
          : new ColloquyError("aborted", "The batch was aborted"),
      );
    } else {
      // After an abort the finished micro-batches stay in the cache: count what is really there.
      const done =
        result === "done"
          ? count
          : Math.max(0, this.#decoder.lastPosition(job.sequence) + 1 - (job.position + job.evaluated));
      job.evaluated += done;
      job.remaining -= done;
      if (done > 0) job.onProgress?.(job.evaluated);
    }
    if (job.signal?.aborted) job.settle(new EvaluationAborted(job.signal));
    else if (result === "done" && job.remaining === 0) this.#complete(job);
  }

  #complete(job: Job): void {
    try {
      job.onLogits?.((index) => this.#decoder.logits(job.outputIndexes[index]!));
      job.settle();
    } catch (error) {
      job.settle(error);
    }
  }

  /** There are cells for every sequence's context. Were there none left, the largest request goes, so that others finish. */
  #refuseLargest(shares: readonly BatchShare<Job>[]): void {
    const { job } = shares.reduce((a, b) => (b.job.remaining > a.job.remaining ? b : a));
    job.settle(
      new ColloquyError("context-overflow", `The cache has no room for ${job.remaining} more tokens`, {
        hint: "use a larger contextSize, fewer sequences, or dispose sequences that are not needed",
      }),
    );
  }
}

function addShare(decoder: BatchDecoder, { job, count }: BatchShare<Job>): void {
  job.outputIndexes = [];
  const firstOutput = job.tokens.length - job.outputs;
  for (let offset = 0; offset < count; offset++) {
    const at = job.evaluated + offset;
    const output = at >= firstOutput;
    const index = decoder.add(job.tokens[at]!, job.position + at, job.sequence, output);
    if (output) job.outputIndexes.push(index);
  }
}
