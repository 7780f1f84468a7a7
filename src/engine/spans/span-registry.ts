import { createHash } from "node:crypto";
import type { Pointer } from "../../native/structs.ts";
import type { Token } from "../token.ts";

/** Where a span's cells go. */
export interface SpanPlace {
  /** The `llama_context`. */
  readonly context: Pointer;
  readonly sequence: number;
  /** Position of the first cell; all cells before it are there. */
  readonly position: number;
  /** Cells that one decode takes. */
  readonly batchSize: number;
  readonly signal: AbortSignal | undefined;
}

/** Cells that are computed from something else than tokens, all of them together. */
export interface EvaluationSpan {
  /** Names the content: equal keys stand for equal cells, in every run of the program. */
  readonly key: string;
  /** Cells it takes, which are also its positions. */
  readonly length: number;
  /**
   * Does what needs no native context, beside whatever else runs there.
   * @throws the signal's reason
   */
  prepare(signal: AbortSignal | undefined): Promise<PreparedSpan>;
}

/** A span that is ready for a context. */
export interface PreparedSpan {
  /** Fills the cells. Runs alone on the native context. */
  evaluate(place: SpanPlace): Promise<void>;
}

/** Something in a text that is evaluated as tokens and spans. */
export interface EmbeddedSpans {
  /** The text that stands for it, in which it cannot be mistaken for anything else. */
  readonly marker: string;
  /** Its tokens. The cells of a span are a run of one negative id, which never changes for a key. */
  readonly tokens: readonly Token[];
  readonly spans: ReadonlyMap<number, EvaluationSpan>;
}

/** Entries of the tables beyond which those that nobody holds any more are swept. */
const sweptSizeMin = 256;

/**
 * The spans that a model's token lists may hold. It does not keep them alive: whoever embedded something holds it for
 * as long as it is to be evaluated, so a long-running program does not grow with every image that was ever shown.
 */
export class SpanRegistry {
  readonly #byId = new Map<number, WeakRef<EmbeddedSpans>>();
  readonly #byMarker = new Map<string, WeakRef<EmbeddedSpans>>();
  #sweepAt = sweptSizeMin;

  /** Makes a text known. The caller keeps the result for as long as its tokens are used. */
  embed(marker: string, parts: readonly (readonly Token[] | EvaluationSpan)[]): EmbeddedSpans {
    const tokens: Token[] = [];
    const spans = new Map<number, EvaluationSpan>();
    for (const part of parts) {
      if (!("prepare" in part)) {
        for (const token of part) tokens.push(token);
        continue;
      }
      const id = this.#idOf(part.key);
      spans.set(id, part);
      for (let cell = 0; cell < part.length; cell++) tokens.push(id as Token);
    }
    const embedded: EmbeddedSpans = { marker, tokens, spans };
    this.keep(embedded);
    return embedded;
  }

  /** Makes what was embedded before the one that its marker and its ids stand for. */
  keep(embedded: EmbeddedSpans): void {
    const reference = new WeakRef(embedded);
    for (const id of embedded.spans.keys()) this.#byId.set(id, reference);
    this.#byMarker.set(embedded.marker, reference);
    if (this.#byId.size > this.#sweepAt) this.#sweep();
  }

  /** The span of a negative id, while somebody holds it. */
  span(id: number): EvaluationSpan | undefined {
    return this.#byId.get(id)?.deref()?.spans.get(id);
  }

  /** The tokens of a marker, while somebody holds them. */
  tokensOf(marker: string): readonly Token[] | undefined {
    return this.#byMarker.get(marker)?.deref()?.tokens;
  }

  /** 31 bits of the key's hash, so that a saved state means the same in the next run; the next id when it is taken. */
  #idOf(key: string): number {
    const hash = createHash("sha256").update(key).digest().readInt32LE(0);
    for (let id = hash | -0x80000000; ; id = id === -1 ? -0x80000000 : id + 1) {
      const holder = this.span(id);
      if (holder === undefined || holder.key === key) return id;
    }
  }

  #sweep(): void {
    for (const table of [this.#byId, this.#byMarker] as Map<unknown, WeakRef<EmbeddedSpans>>[])
      for (const [name, reference] of table) if (reference.deref() === undefined) table.delete(name);
    this.#sweepAt = Math.max(sweptSizeMin, 2 * this.#byId.size);
  }
}
