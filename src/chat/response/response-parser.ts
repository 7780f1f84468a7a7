import { incompleteTailLength } from "../../base/utf8-boundary.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import { PatternAutomaton } from "./pattern-automaton.ts";
import { tokenSymbols } from "./trigger-symbols.ts";

export interface ResponsePattern<Tag> {
  readonly symbols: readonly number[];
  readonly tag: Tag;
}

export type ParserEvent<Tag> =
  /** `tokens` are those whose last byte is part of `text`. */
  | { readonly type: "text"; readonly text: string; readonly tokens: readonly Token[] }
  | { readonly type: "match"; readonly tag: Tag };

interface PendingToken {
  readonly token: Token;
  /** Place of its first symbol in the stream. */
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts a stream of tokens into text and patterns while it is written.
 *
 * Text comes out in whole characters and whole tokens; what may still become a pattern is withheld. Each byte is
 * looked at once and copied at most three times, whatever the length of the reply.
 */
export class ResponseParser<Tag> {
  readonly #model: LanguageModel;
  readonly #automaton: PatternAutomaton<Tag>;
  readonly #isActive: (tag: Tag) => boolean;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #pending: PendingToken[] = [];
  /** Symbols from `#released` on. */
  #symbols: number[] = [];
  #released = 0;
  #read = 0;

  /** @param isActive whether a pattern counts now; asked when it has been read completely. Default: always */
  constructor(
    patterns: Iterable<ResponsePattern<Tag>>,
    model: LanguageModel,
    isActive: (tag: Tag) => boolean = () => true,
  ) {
    this.#model = model;
    this.#automaton = new PatternAutomaton(patterns);
    this.#isActive = isActive;
  }

  /** Tokens at the end of the stream of which something is withheld. */
  get heldTokens(): readonly Token[] {
    return this.#pending.map(({ token }) => token);
  }

  /**
   * Reads one token. After a match the rest of the token is read on, unless `stopAt` says that the reply ends there:
   * then {@link takeRest} has what came after it.
   */
  push(token: Token, stopAt: (tag: Tag) => boolean = () => false): ParserEvent<Tag>[] {
    const events: ParserEvent<Tag>[] = [];
    const symbols = tokenSymbols(token, this.#model);
    const start = this.#read;
    const end = start + symbols.length;
    this.#pending.push({ token, start, end });
    for (const symbol of symbols) this.#symbols.push(symbol);
    for (const symbol of symbols) {
      this.#read++;
      const match = this.#automaton.step(symbol).find(({ tag }) => this.#isActive(tag));
      if (match === undefined) continue;
      this.#release(this.#read - match.length, events);
      this.#drop(this.#read);
      this.#automaton.reset();
      events.push({ type: "match", tag: match.tag });
      if (stopAt(match.tag)) {
        this.#read = end;
        return events;
      }
    }
    this.#releaseWhole(events);
    return events;
  }

  /** Gives out everything that is withheld; a character that was never completed becomes U+FFFD. */
  flush(): ParserEvent<Tag>[] {
    const events: ParserEvent<Tag>[] = [];
    this.#release(this.#read, events);
    this.#automaton.reset();
    return events;
  }

  /** Takes everything that is withheld out of the stream and returns it as text. */
  takeRest(): string {
    const text = this.#text(this.#symbols);
    this.#drop(this.#read);
    this.#automaton.reset();
    return text;
  }

  /** Releases up to the last token boundary before which nothing is withheld and no character is cut. */
  #releaseWhole(events: ParserEvent<Tag>[]): void {
    const free = this.#read - this.#automaton.held;
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      const { end } = this.#pending[i]!;
      if (end > free) continue;
      if (incompleteTailLength(this.#symbols, end - this.#released) === 0) {
        this.#release(end, events);
        return;
      }
    }
  }

  #release(to: number, events: ParserEvent<Tag>[]): void {
    const symbols = this.#symbols.slice(0, to - this.#released);
    const tokens: Token[] = [];
    for (const { token, end } of this.#pending) if (end <= to) tokens.push(token);
    const text = this.#text(symbols);
    this.#drop(to);
    if (text !== "" || tokens.length > 0) events.push({ type: "text", text, tokens });
  }

  #drop(to: number): void {
    this.#pending = this.#pending.filter(({ end }) => end > to);
    this.#symbols = this.#symbols.slice(to - this.#released);
    this.#released = to;
  }

  #text(symbols: readonly number[]): string {
    return this.#decoder.decode(Uint8Array.from(symbols.filter((symbol) => symbol < 256)));
  }
}
