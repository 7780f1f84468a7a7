import type { FreeCores } from "./free-cores.ts";

export interface ThreadGovernorOptions {
  /** Never more than this many threads; the usable cores as a rule. */
  readonly maxThreads: number;
  /** Never fewer than this many. Default 1. */
  readonly minThreads?: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How many cores others leave free; see `createFreeCores`. Without it, probes are blind and rarer. */
  readonly freeCores?: FreeCores;
}

/** One `llama_decode` call. */
export interface DecodeReport {
  readonly threads: number;
  /** Tokens in the batch. */
  readonly tokens: number;
  readonly ms: number;
}

/** Times of one thread count at one size of batch, milliseconds a token. */
interface Pace {
  /** Slowly forgetting lower bound: what an undisturbed step takes. */
  best: number;
  recent: number;
  samples: number;
  /** A probe found it better than fewer threads. */
  proven: boolean;
}

interface Probe {
  readonly threads: number;
  readonly from: number;
}

/** A step that takes this many times its best pace was disturbed. */
const jumpRatio = 3;
/** Below this, one disturbed step alone is no reason to shed. */
const hiccupRatio = 10;
/** Smaller differences are noise of the clock and of the operating system, milliseconds a step. */
const jumpMsMin = 2;
/** A probe has to be no slower than this, relative to fewer threads. */
const probeRatioMax = 1.1;
/** Time lost to disturbed steps that may be run up at once, and how much of the time may be lost in the long run. */
const debtMsMax = 1500;
const debtRepaidPerMs = 0.2;
/** A probe against what is known, or without knowing, may cost this part of the time. */
const blindLossShare = 0.04;
const blindWaitMsMin = 500;
const blindWaitMsMax = 30_000;
/** The foreign load is averaged over windows of this length. */
const loadWindowMs = 120;
const loadWindowMsMax = 1000;
const expectedLossMs = 600;
const expectedLossMsMax = 1000;

/**
 * Decides how many threads the next decode gets.
 *
 * llama.cpp's threads spin at a barrier after every step of the graph. With a core for each that is the fastest way;
 * when another process takes one of the cores, every barrier waits for the scheduler of the operating system, and
 * a token takes a hundred times as long. One thread alone needs no barrier: it is slow, but never that slow.
 *
 * So: a step that takes three times its best pace sheds all threads but one (`minThreads`) at once. While there are fewer threads than
 * allowed, the load of other processes is looked at, and when the cores are idle again, the next step is a probe with
 * twice the threads. What failed probes and sheds cost is booked as a debt that time pays back; with too much debt no
 * probe is made, so a neighbour that comes and goes costs a bounded part of the time. Prompts and single tokens have
 * paces of their own, by size of batch.
 *
 * @example
 * const threads = governor.threads;
 * const started = now();
 * decode(batch, threads);
 * governor.report({ threads, tokens: batch.length, ms: now() - started });
 */
export class ThreadGovernor {
  readonly #max: number;
  readonly #min: number;
  readonly #now: () => number;
  readonly #readFree: FreeCores | undefined;
  readonly #paces = new Map<number, Pace>();
  #hadHiccup = false;
  #threads: number;
  #probe: Probe | undefined;
  #debtMs = 0;
  #debtAtMs: number;
  #lossMs = expectedLossMs;
  #blindAtMs = 0;
  #blindFailures = 0;
  #loadReadMs: number;
  #freeCores: number | undefined;

  constructor(options: ThreadGovernorOptions) {
    this.#max = Math.max(1, Math.floor(options.maxThreads));
    this.#min = Math.min(this.#max, Math.max(1, Math.floor(options.minThreads ?? 1)));
    this.#now = options.now;
    this.#readFree = options.freeCores;
    this.#threads = this.#max;
    this.#debtAtMs = this.#now();
    this.#loadReadMs = this.#debtAtMs;
  }

  /** Threads for the next decode. */
  get threads(): number {
    return this.#threads;
  }

  get maxThreads(): number {
    return this.#max;
  }

  /**
   * Tells of a decode; returns the threads for the next one. Leave out decodes that were aborted, and the first one
   * after cells were moved: it carries the shift of the whole cache and would pass for a disturbed step.
   */
  report({ threads, tokens, ms }: DecodeReport): number {
    if (this.#max === this.#min || tokens < 1 || !(ms >= 0)) return this.#threads;
    this.#payDebt();
    const pace = this.#paceOf(threads, tokens);
    const msPerToken = ms / tokens;
    const probe = this.#probe;
    this.#probe = undefined;
    if (probe !== undefined && threads === probe.threads) this.#judge(probe, pace, msPerToken, tokens);
    else if (threads > this.#min && this.#isJump(pace, msPerToken, tokens)) {
      // The operating system interrupts for a few milliseconds now and then. A neighbour takes longer, or does it again.
      const isHiccup = msPerToken < hiccupRatio * pace.best && !this.#hadHiccup;
      this.#hadHiccup = isHiccup;
      if (!isHiccup) this.#shed(ms - pace.best * tokens);
    } else {
      this.#hadHiccup = false;
      learn(pace, msPerToken);
      if (threads > this.#min && pace.samples <= 8 && !pace.proven) this.#distrustFirstPace();
    }
    if (this.#threads < this.#max) this.#considerProbe(tokens);
    return this.#threads;
  }

  #isJump(pace: Pace, msPerToken: number, tokens: number): boolean {
    const extra = msPerToken - pace.best;
    return pace.samples > 0 && msPerToken > jumpRatio * pace.best && extra * tokens > jumpMsMin;
  }

  #shed(lostMs: number): void {
    this.#threads = this.#min;
    this.#book(lostMs);
    this.#restartLoadWindow();
    this.#postponeBlindProbe(lostMs);
  }

  /** With a neighbour from the very first step there is no good pace to compare with: look at the load instead. */
  #distrustFirstPace(): void {
    const free = this.#readFreeCores();
    if (free === undefined || free >= this.#threads) return;
    this.#threads = this.#min;
    this.#postponeBlindProbe(0);
  }

  #judge(probe: Probe, pace: Pace, msPerToken: number, tokens: number): void {
    const before = this.#paceOf(probe.from, tokens);
    const lostMs = (msPerToken - before.recent) * tokens;
    if (before.samples > 0 && msPerToken > probeRatioMax * before.recent && lostMs > jumpMsMin / 4) {
      this.#threads = probe.from;
      this.#lossMs = Math.min(expectedLossMsMax, Math.max(lostMs, this.#lossMs / 2));
      this.#book(lostMs);
      this.#restartLoadWindow();
      this.#postponeBlindProbe(lostMs);
      return;
    }
    // What was learnt before the world changed does not count any more.
    pace.samples = 0;
    pace.proven = true;
    learn(pace, msPerToken);
    this.#threads = probe.threads;
    this.#blindFailures = 0;
  }

  #considerProbe(tokens: number): void {
    // Without a pace of this size of batch there is nothing to judge the probe by.
    if (this.#paceOf(this.#threads, tokens).samples === 0) return;
    const wanted = Math.min(this.#max, this.#threads * 2);
    const idle = Math.min(wanted, this.#readFreeCores() ?? 0);
    const mayLose = this.#debtMs + this.#lossMs <= debtMsMax;
    if (idle > this.#threads && mayLose) this.#startProbe(idle);
    else if (this.#now() >= this.#blindAtMs && mayLose) this.#startProbe(wanted);
  }

  #startProbe(threads: number): void {
    this.#probe = { threads, from: this.#threads };
    this.#threads = threads;
  }

  #postponeBlindProbe(lostMs: number): void {
    const wait =
      (Math.max(lostMs, blindWaitMsMin * blindLossShare) / blindLossShare) * 2 ** this.#blindFailures;
    this.#blindAtMs = this.#now() + Math.min(blindWaitMsMax, wait);
    if (wait < blindWaitMsMax) this.#blindFailures++;
  }

  #book(lostMs: number): void {
    this.#debtMs = Math.min(2 * debtMsMax, this.#debtMs + Math.max(0, lostMs));
  }

  #payDebt(): void {
    const now = this.#now();
    this.#debtMs = Math.max(0, this.#debtMs - (now - this.#debtAtMs) * debtRepaidPerMs);
    this.#debtAtMs = now;
  }

  /** Whole cores that others leave to us, as far as is known. */
  #readFreeCores(): number | undefined {
    const elapsedMs = this.#now() - this.#loadReadMs;
    if (elapsedMs >= loadWindowMs) {
      const free = this.#readFree?.();
      this.#loadReadMs = this.#now();
      // An average over a long pause says nothing about this moment.
      const known = free !== undefined && elapsedMs <= loadWindowMsMax;
      // A third of a core is what the system's own services and the coarse clock ticks may look like.
      this.#freeCores = known ? Math.floor(free + 0.3) : undefined;
    }
    return this.#freeCores;
  }

  /** The load before and while the neighbour arrived would make it look smaller than it is. */
  #restartLoadWindow(): void {
    this.#readFree?.();
    this.#loadReadMs = this.#now();
    this.#freeCores = undefined;
  }

  #paceOf(threads: number, tokens: number): Pace {
    const sizeClass = Math.floor(Math.log2(tokens));
    const key = sizeClass * 4096 + threads;
    let pace = this.#paces.get(key);
    if (pace === undefined) {
      pace = { best: 0, recent: 0, samples: 0, proven: false };
      this.#paces.set(key, pace);
    }
    return pace;
  }
}

function learn(pace: Pace, msPerToken: number): void {
  const first = pace.samples++ === 0;
  pace.recent = first ? msPerToken : pace.recent + 0.3 * (msPerToken - pace.recent);
  // Falls fast and rises slowly: longer contexts make steps slower, neighbours must not pass for that.
  const share = msPerToken < pace.best ? 0.5 : 0.05;
  pace.best = first ? msPerToken : pace.best + share * (msPerToken - pace.best);
}
