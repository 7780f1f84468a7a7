import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import { tokenSymbols } from "../response/trigger-symbols.ts";
import type { CallSyntax } from "./call-syntax.ts";

/** Reads a call, from behind its prefix, while it is written. */
export class CallReader {
  readonly #syntaxes: readonly CallSyntax[];
  readonly #model: LanguageModel;
  readonly #onParams: (name: string, chunk: string) => void;
  readonly #symbols: number[] = [];
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #found: CallSyntax | undefined;
  #params = "";
  /** Symbols that were read as parameters. */
  #read = 0;

  constructor(
    syntaxes: readonly CallSyntax[],
    model: LanguageModel,
    onParams: (name: string, chunk: string) => void,
  ) {
    this.#syntaxes = syntaxes;
    this.#model = model;
    this.#onParams = onParams;
  }

  push(token: Token): void {
    for (const symbol of tokenSymbols(token, this.#model)) this.#symbols.push(symbol);
    this.#found ??= this.#find(false);
    // The end of what is there may be the call's suffix.
    if (this.#found !== undefined) this.#readTo(this.#symbols.length - this.#found.tailSymbols.length);
  }

  /** The whole call; `undefined` when it is not complete. */
  end(): { readonly syntax: CallSyntax; readonly params: string } | undefined {
    const syntax = this.#found ?? this.#find(true);
    if (syntax === undefined) return undefined;
    const { tailSymbols } = syntax;
    const end = this.#symbols.length - tailSymbols.length;
    if (end < syntax.headSymbols.length) return undefined;
    if (!tailSymbols.every((symbol, index) => symbol === this.#symbols[end + index])) return undefined;
    this.#found = syntax;
    this.#readTo(end);
    return { syntax, params: this.#params };
  }

  /** The function whose head was read, once no longer one can follow. */
  #find(atEnd: boolean): CallSyntax | undefined {
    const symbols = this.#symbols;
    let longest: CallSyntax | undefined;
    for (const syntax of this.#syntaxes) {
      const { headSymbols } = syntax;
      const shared = Math.min(headSymbols.length, symbols.length);
      if (!headSymbols.slice(0, shared).every((symbol, index) => symbol === symbols[index])) continue;
      if (headSymbols.length > symbols.length) {
        if (!atEnd) return undefined;
      } else if (longest === undefined || headSymbols.length > longest.headSymbols.length) longest = syntax;
    }
    return longest;
  }

  #readTo(end: number): void {
    const { headSymbols, name } = this.#found!;
    const start = headSymbols.length + this.#read;
    if (end <= start) return;
    const bytes = this.#symbols.slice(start, end).filter((symbol) => symbol < 256);
    this.#read += end - start;
    const chunk = this.#decoder.decode(Uint8Array.from(bytes), { stream: true });
    this.#params += chunk;
    if (chunk !== "") this.#onParams(name, chunk);
  }
}
