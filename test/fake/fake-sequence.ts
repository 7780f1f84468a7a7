import { ColloquyError, DisposedError } from "../../src/base/errors.ts";
import { incompleteTailLength } from "../../src/base/utf8-boundary.ts";
import type {
  ContextSequence,
  EvaluateTargetOptions,
  EvaluationReport,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
} from "../../src/engine/context-sequence.ts";
import type { TokenBias } from "../../src/engine/sampling/token-bias.ts";
import type { Token } from "../../src/engine/token.ts";
import { TokenMeter } from "../../src/engine/token-meter.ts";
import type { GrammarMatcher } from "../../src/grammar/matcher.ts";
import type { FakeModel } from "./fake-model.ts";

/** Chooses the token after `tokens`; must depend on nothing else. */
export type NextToken = (tokens: readonly Token[], model: FakeModel) => Token;

export interface FakeSequenceOptions {
  contextSize?: number;
  /** Default: {@link hashNext}. */
  next?: NextToken;
  /** Prompt tokens evaluated between two looks at the signal. Default 16. */
  chunkSize?: number;
  /** Milliseconds of each evaluation of a chunk or a token. Default 0: a macrotask only. */
  delayMs?: number;
}

/** A sequence whose "model" is a pure function of the tokens, with the accounting of a real one. */
export class FakeSequence implements ContextSequence {
  readonly model: FakeModel;
  readonly contextSize: number;
  readonly tokenMeter = new TokenMeter();
  lastEvaluation: EvaluationReport | undefined;
  disposed = false;
  next: NextToken;
  /** Options of every {@link generate} call, oldest first. */
  readonly calls: { target: readonly Token[]; options: GenerateOptions }[] = [];
  readonly #chunkSize: number;
  readonly #delayMs: number;
  #cells: Token[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(model: FakeModel, options: FakeSequenceOptions = {}) {
    this.model = model;
    this.contextSize = options.contextSize ?? 4096;
    this.next = options.next ?? hashNext;
    this.#chunkSize = options.chunkSize ?? 16;
    this.#delayMs = options.delayMs ?? 0;
  }

  get contextTokens(): readonly Token[] {
    return this.#cells;
  }

  async *generate(
    target: readonly Token[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
    this.calls.push({ target: [...target], options });
    const release = await this.#lock();
    try {
      if (!(await this.#prefill(target, options))) return { reason: "abort" };
      let count = 0;
      while (true) {
        if (options.signal?.aborted) return { reason: "abort" };
        if (count >= (options.maxTokens ?? Number.POSITIVE_INFINITY)) return { reason: "length" };
        if (this.#cells.length >= this.contextSize) return { reason: "contextFull" };
        const { token, forced } = this.#sample(options);
        if (this.model.isEogToken(token)) return { reason: "eog", eogToken: token };
        options.grammar?.accept(token);
        this.tokenMeter.useTokens(1, "output");
        count++;
        yield { token, forced };
        if (count < (options.maxTokens ?? Number.POSITIVE_INFINITY)) await this.#evaluate([token]);
      }
    } finally {
      release();
    }
  }

  async preload(target: readonly Token[], options: EvaluateTargetOptions = {}): Promise<void> {
    const release = await this.#lock();
    try {
      await this.#prefill(target, options);
    } finally {
      release();
    }
  }

  async clearHistory(): Promise<void> {
    this.#cells = [];
  }

  dispose(): void {
    this.disposed = true;
  }

  async #lock(): Promise<() => void> {
    const before = this.#last;
    let release = () => {};
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    if (this.disposed) {
      release();
      throw new DisposedError("Sequence");
    }
    return release;
  }

  async #prefill(target: readonly Token[], options: EvaluateTargetOptions): Promise<boolean> {
    if (target.length > this.contextSize) {
      throw new ColloquyError(
        "context-overflow",
        `${target.length} tokens do not fit into ${this.contextSize}`,
      );
    }
    let reused = 0;
    while (reused < target.length - 1 && this.#cells[reused] === target[reused]) reused++;
    this.#cells.length = reused;
    let evaluated = 0;
    while (this.#cells.length < target.length && !options.signal?.aborted) {
      const chunk = target.slice(this.#cells.length, this.#cells.length + this.#chunkSize);
      await this.#evaluate(chunk);
      evaluated += chunk.length;
    }
    this.lastEvaluation = {
      reusedTokens: reused,
      movedTokens: 0,
      sharedTokens: 0,
      evaluatedTokens: evaluated,
      promptMs: 0,
    };
    return this.#cells.length === target.length && !options.signal?.aborted;
  }

  async #evaluate(tokens: readonly Token[]): Promise<void> {
    await new Promise((resolve) =>
      this.#delayMs > 0 ? setTimeout(resolve, this.#delayMs) : setImmediate(resolve),
    );
    if (this.disposed) throw new DisposedError("Sequence");
    this.#cells.push(...tokens);
    this.tokenMeter.useTokens(tokens.length, "input");
  }

  #sample(options: GenerateOptions): { token: Token; forced: boolean } {
    const penalty = options.sampling?.repeatPenalty?.punishTokens;
    const punished = new Set(typeof penalty === "function" ? penalty() : penalty);
    const input = options.sampling?.tokenBias;
    const bias = typeof input === "function" ? input() : input;
    const biases = bias instanceof Map ? bias : (bias as TokenBias | undefined)?.logits;
    const allowed = (token: Token) => biases?.get(token) !== Number.NEGATIVE_INFINITY && !punished.has(token);
    const wished = this.next(this.#cells, this.model);
    if (options.grammar !== undefined) return this.#sampleGrammar(options.grammar, wished);
    if (allowed(wished)) return { token: wished, forced: false };
    let other = wished;
    do other = ((other + 1) % this.model.vocabularySize) as Token;
    while (!allowed(other) || this.model.isSpecialToken(other));
    return { token: other, forced: false };
  }

  #sampleGrammar(grammar: GrammarMatcher, wished: Token): { token: Token; forced: boolean } {
    const [end] = this.model.endTokens;
    if (grammar.mustEnd) return { token: end!, forced: true };
    const [forced] = grammar.forced();
    if (forced !== undefined) return { token: forced as Token, forced: true };
    if (this.model.isEogToken(wished) ? grammar.canEnd : grammar.allows(wished)) {
      return { token: wished, forced: false };
    }
    const { words } = grammar.mask();
    for (let step = 0; step < this.model.vocabularySize; step++) {
      const id = (wished + step) % this.model.vocabularySize;
      if ((words[id >>> 5]! & (1 << (id & 31))) !== 0) return { token: id as Token, forced: false };
    }
    return { token: end!, forced: true };
  }
}

/** Letters and spaces by a hash of the last tokens; now and then the end of the reply. */
export const hashNext: NextToken = (tokens, model) => {
  let hash = 0x811c9dc5;
  for (const token of tokens.slice(-12)) hash = Math.imul(hash ^ token, 0x01000193) >>> 0;
  hash ^= hash >>> 15;
  if (hash % 41 === 0) return model.endTokens[0]!;
  return (hash % 6 === 0 ? 32 : 97 + (hash % 26)) as Token;
};

/** What a scripted model sees. */
export interface ScriptView {
  /** Everything in the context, control tokens as text. */
  readonly text: string;
  /** What stands after the last `marker`. */
  readonly written: string;
  /** How many markers came before the last one. */
  readonly turn: number;
}

/**
 * A model that follows a script. The script returns everything the model would still write; the empty text ends the
 * reply. Control tokens are written as their text.
 */
export function scripted(
  script: (view: ScriptView) => string,
  marker = "<|im_start|>assistant\n",
): NextToken {
  return (tokens, model) => {
    // A character that is not complete yet is left out of what the script sees.
    const tail = Uint8Array.from(tokens.slice(-3).flatMap((token) => [...model.tokenBytes(token)]));
    const begun = incompleteTailLength(tail);
    const text = model.detokenize(tokens.slice(0, tokens.length - begun), true);
    const parts = text.split(marker);
    const rest = script({ text, written: parts.at(-1)!, turn: parts.length - 2 });
    return rest === "" ? model.endTokens[0]! : model.tokenize(rest, true)[begun]!;
  };
}

/** A script of whole replies, one for each turn; the last one repeats. */
export function replies(...texts: string[]): NextToken {
  return scripted(({ written, turn }) => {
    const reply = texts[Math.min(turn, texts.length - 1)]!;
    return reply.startsWith(written) ? reply.slice(written.length) : "";
  });
}
