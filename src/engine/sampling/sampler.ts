import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { GrammarMatcher, TokenMask } from "../../grammar/matcher.ts";
import type { Token } from "../token.ts";
import {
  type Candidates,
  createCandidates,
  draw,
  excludeTopChoices,
  keepMinP,
  keepTopP,
  type Pool,
  takeAbove,
  takeBest,
  takeNucleus,
} from "./candidates.ts";
import { type BreakerVocabulary, type DryBreakers, resolveDryBreakers } from "./dry-breakers.ts";
import { applyDryPenalty, type DryScratch } from "./dry-penalty.ts";
import { argmax, argmaxAllowed } from "./greedy.ts";
import { type LogProbabilities, readLogProbabilities } from "./log-probabilities.ts";
import { LogitOverlay } from "./logit-overlay.ts";
import type { SamplingOptions } from "./options.ts";
import { createRandom, type Random } from "./random.ts";
import { applyRepeatPenalty } from "./repeat-penalty.ts";
import { type ResolvedSampling, resolveSamplingOptions } from "./resolve-sampling-options.ts";
import { TokenHistory } from "./token-history.ts";

export interface SampledToken {
  readonly token: Token;
  /** Only when asked for. */
  readonly logprobs?: LogProbabilities;
  /** Only when asked for: the tokens it was drawn from and their logits after every step, best first. */
  readonly candidates?: readonly (readonly [Token, number])[];
}

export interface SampleRequest {
  /** Report the log probabilities of this many best tokens. Default 0: none. */
  readonly logprobs?: number;
  /** Report what the token was drawn from. Default false. */
  readonly candidates?: boolean;
}

export interface SamplerSetup {
  /** Needed for DRY, to find its sequence breakers. */
  readonly vocabulary?: BreakerVocabulary;
  /** The tokens before the first sample; only DRY reads them. */
  readonly history?: ArrayLike<number>;
}

/** Chooses tokens from logits; one per reply. */
export interface Sampler {
  /**
   * Chooses the next token. Does not step `grammar` nor the history: call {@link accept} for what is taken.
   * `logits` are the model's own: penalties and biases are written into them and undone before the call returns.
   * @throws ColloquyError `native-failure` when a logit is not a number or none is finite,
   *   `grammar-mismatch` when the grammar allows no token
   */
  sample(logits: Float32Array, grammar?: GrammarMatcher, request?: SampleRequest): SampledToken;
  /** Tells of a token that was appended to the sequence, sampled or not. */
  accept(token: Token): void;
  /** A sampler that goes on from the same state: it draws the same tokens from the same logits. */
  clone(): Sampler;
}

/**
 * @throws ColloquyError `invalid-argument` on a bad option, or on DRY without a vocabulary
 *
 * @example
 * const sampler = createSampler({ temperature: 0.8, seed: 1 });
 * const { token } = sampler.sample(logits);
 * sampler.accept(token);
 */
export function createSampler(options: SamplingOptions = {}, setup: SamplerSetup = {}): Sampler {
  const sampling = resolveSamplingOptions(options);
  const dry = sampling.dryRepeatPenalty;
  if (dry === undefined) return new ChainSampler(sampling, createRandom(sampling.seed), undefined);
  if (setup.vocabulary === undefined)
    throw new InvalidArgumentError("dryRepeatPenalty needs the vocabulary of the model");
  const breakers = resolveDryBreakers(setup.vocabulary, dry.sequenceBreakers);
  const history = new TokenHistory(dry.lastTokens, setup.history);
  return new ChainSampler(sampling, createRandom(sampling.seed), { breakers, history });
}

interface DryState {
  readonly breakers: DryBreakers;
  readonly history: TokenHistory;
}

class ChainSampler implements Sampler {
  readonly #sampling: ResolvedSampling;
  readonly #random: Random;
  readonly #dry: DryState | undefined;
  readonly #overlay = new LogitOverlay();
  readonly #candidates: Candidates = createCandidates();
  readonly #counts = new Map<number, number>();
  readonly #dryScratch: DryScratch = { matchLengths: new Int32Array(0), longest: new Map() };
  #allowed = new Int32Array(0);

  constructor(sampling: ResolvedSampling, random: Random, dry: DryState | undefined) {
    this.#sampling = sampling;
    this.#random = random;
    this.#dry = dry;
  }

  sample(logits: Float32Array, grammar?: GrammarMatcher, request?: SampleRequest): SampledToken {
    const count = request?.logprobs ?? 0;
    // Before the overlay: log probabilities are the model's own.
    const table = count > 0 ? readLogProbabilities(logits, count) : undefined;
    const candidates: [Token, number][] | undefined = request?.candidates ? [] : undefined;
    let token = -1;
    try {
      this.#applyOverlay(logits);
      token = this.#choose(logits, grammar, candidates);
    } finally {
      this.#overlay.restore(logits);
    }
    // Biases may forbid all that the grammar allows. The grammar wins.
    if (token < 0) token = this.#choose(logits, grammar, candidates);
    if (token < 0) throw new ColloquyError("native-failure", "The model gave no token that may come next");
    return {
      token: token as Token,
      ...(table && { logprobs: { token: table.of(token), top: table.top } }),
      ...(candidates && { candidates }),
    };
  }

  accept(token: Token): void {
    this.#dry?.history.push(token);
  }

  clone(): Sampler {
    const dry = this.#dry && { breakers: this.#dry.breakers, history: this.#dry.history.clone() };
    return new ChainSampler(this.#sampling, this.#random.clone(), dry);
  }

  #applyOverlay(logits: Float32Array): void {
    const { repeatPenalty, dryRepeatPenalty, tokenBias } = this.#sampling;
    const overlay = this.#overlay;
    if (repeatPenalty !== undefined) applyRepeatPenalty(logits, overlay, repeatPenalty, this.#counts);
    if (dryRepeatPenalty !== undefined && this.#dry !== undefined) {
      const { breakers, history } = this.#dry;
      applyDryPenalty(logits, overlay, dryRepeatPenalty, breakers, history, this.#dryScratch);
    }
    if (tokenBias !== undefined)
      for (const [token, bias] of tokenBias()) {
        const logit = logits[token];
        // Infinity minus infinity is no number: what the model itself rules out stays ruled out.
        if (logit !== undefined && logit !== Number.NEGATIVE_INFINITY)
          overlay.set(logits, token, logit + bias);
      }
  }

  /** The chosen token, -1 when every token that may come next has a logit of `-Infinity`. */
  #choose(logits: Float32Array, grammar: GrammarMatcher | undefined, report?: [Token, number][]): number {
    if (this.#sampling.temperature > 0) return this.#drawToken(this.#poolOf(logits, grammar), report);
    if (report !== undefined) {
      const pool = this.#poolOf(logits, grammar);
      takeBest(this.#candidates, pool, pool.count);
      reportCandidates(this.#candidates, 1, report);
    }
    const best = argmax(logits);
    if (grammar === undefined || (best >= 0 && grammar.allows(best))) return best;
    return argmaxAllowed(logits, maskOf(grammar));
  }

  #drawToken(pool: Pool, report: [Token, number][] | undefined): number {
    const { topK, topP, minP, xtc, temperature } = this.#sampling;
    const candidates = this.#candidates;
    if (topK > 0 && topK < pool.count) {
      takeBest(candidates, pool, topK);
      if (candidates.count > 0 && topP < 1) keepTopP(candidates, topP);
    } else if (topP < 1) {
      takeNucleus(candidates, pool, topP);
    } else {
      takeBest(candidates, pool, 1);
      if (candidates.count > 0) takeAbove(candidates, pool, candidates.logits[0]! + Math.log(minP));
    }
    if (candidates.count === 0) return -1;
    if (candidates.sorted && minP > 0) keepMinP(candidates, minP);
    if (xtc !== undefined && candidates.count > 1 && this.#random.next() <= xtc.probability)
      excludeTopChoices(candidates, xtc.threshold);
    if (report !== undefined) reportCandidates(candidates, temperature, report);
    return draw(candidates, temperature, this.#random.next());
  }

  #poolOf(logits: Float32Array, grammar: GrammarMatcher | undefined): Pool {
    if (grammar === undefined) return { logits, ids: undefined, count: logits.length };
    const mask = maskOf(grammar);
    if (mask.ids !== undefined) return { logits, ids: mask.ids, count: mask.ids.length };
    if (this.#allowed.length < logits.length) this.#allowed = new Int32Array(logits.length);
    return { logits, ids: this.#allowed, count: listAllowed(mask.words, this.#allowed, logits.length) };
  }
}

function reportCandidates(
  { ids, logits, count }: Candidates,
  temperature: number,
  into: [Token, number][],
): void {
  for (let i = 0; i < count; i++) into.push([ids[i] as Token, logits[i]! / temperature]);
  into.sort((a, b) => b[1] - a[1]);
}

function maskOf(grammar: GrammarMatcher): TokenMask {
  const mask = grammar.mask();
  if (mask.count === 0) throw new ColloquyError("grammar-mismatch", "The grammar allows no token here");
  return mask;
}

/** Writes the ids of a mask in ascending order; returns how many. */
function listAllowed(words: Uint32Array, into: Int32Array, size: number): number {
  let count = 0;
  for (let w = 0; w < words.length; w++) {
    let bits = words[w]!;
    while (bits !== 0) {
      const id = (w << 5) | (31 - Math.clz32(bits & -bits));
      bits &= bits - 1;
      if (id < size) into[count++] = id;
    }
  }
  return count;
}
