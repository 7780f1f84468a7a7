import type { Token } from "../../engine/token.ts";

/** A stretch of a reply that a function's result takes. Ends are exclusive. */
export interface InsertedRange {
  /** Indices in the reply's tokens. */
  readonly start: number;
  readonly end: number;
  /** Places in the reply's text, UTF-16 units. */
  readonly textStart: number;
  readonly textEnd: number;
}

interface Reader {
  /** Pieces that it has got. */
  at: number;
  sawEnd: boolean;
}

/** What is written of a reply so far, for any number of readers. */
export class ReplyRecord {
  readonly tokens: Token[] = [];
  readonly insertedRanges: InsertedRange[] = [];
  readonly #pieces: string[] = [];
  readonly #readers = new Set<Reader>();
  #length = 0;
  #text: string | undefined = "";
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void)[] = [];

  get text(): string {
    this.#text ??= this.#pieces.join("");
    return this.#text;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The reply has ended, and everybody who reads it has got all of it. */
  get readToTheEnd(): boolean {
    return this.#ended && [...this.#readers].every(({ sawEnd }) => sawEnd);
  }

  append(text: string, tokens: readonly Token[], inserted = false): void {
    if (inserted) {
      const start = this.tokens.length;
      const textStart = this.#length;
      this.insertedRanges.push({
        start,
        end: start + tokens.length,
        textStart,
        textEnd: textStart + text.length,
      });
    }
    for (const token of tokens) this.tokens.push(token);
    if (text === "") return;
    this.#pieces.push(text);
    this.#length += text.length;
    this.#text = undefined;
    this.#wakeAll();
  }

  end(failure?: { readonly error: unknown }): void {
    this.#ended = true;
    this.#failure = failure;
    this.#wakeAll();
  }

  /**
   * The text from its beginning, in as many pieces as the reader is fast. With the last piece the reader has seen the
   * end; it may be empty, when the end came after the text. What made the reply fail is thrown behind its text.
   * @param onLeave called when the reader leaves before the end
   */
  async *read(onLeave: () => Promise<void>): AsyncGenerator<string, void, void> {
    const reader: Reader = { at: 0, sawEnd: false };
    this.#readers.add(reader);
    try {
      while (!reader.sawEnd) {
        while (reader.at === this.#pieces.length && !this.#ended) await this.#change();
        const delta = this.#pieces.slice(reader.at).join("");
        reader.at = this.#pieces.length;
        if (delta === "" && this.#failure !== undefined) throw this.#failure.error;
        reader.sawEnd = this.#ended && this.#failure === undefined;
        yield delta;
      }
    } finally {
      this.#readers.delete(reader);
      if (!this.#ended) await onLeave();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
