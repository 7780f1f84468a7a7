import { InvalidArgumentError } from "../../base/errors.ts";
import { ArgumentsReader, type CallArguments } from "./call-arguments.ts";
import { LiteralLexer } from "./literal-lexer.ts";

interface CallPlace {
  readonly name: string;
  /** Offset of the name's first UTF-16 unit in the text pushed so far. */
  readonly start: number;
  /** Offset behind the closing parenthesis. */
  readonly end: number;
  /** How many backticks stand directly before the name. */
  readonly backticks: number;
}

/** A place in the text where a known function is called, or would be if its arguments were literals. */
export type CallSite =
  | (CallPlace & CallArguments & { readonly kind: "call" })
  | (CallPlace & { readonly kind: "refused"; readonly reason: string });

export interface CallParserOptions {
  /** The longest call that is read, from the name to the closing parenthesis, UTF-16 units. Default 8,192. */
  lengthMax?: number;
}

/**
 * Recognises calls of known functions in text that arrives in pieces.
 *
 * A call is `NAME(arguments)`: no space before the parenthesis, no identifier character or attribute dot before the
 * name, and no `def` or `function` before it (a definition is not a call). Arguments are literals: strings in single
 * or double quotes, numbers, `True true False false None null`, lists, tuples, dicts, and keyword arguments; they may
 * span lines. Nothing is ever evaluated.
 *
 * Each call site is reported once, by the {@link CallParser.push} that brings its closing parenthesis. A site whose
 * arguments are not literals is reported there too, as refused. Parentheses of a refused call are matched without
 * regard to quotes (an apostrophe in prose opens no string), and it is dropped silently at a blank line. `date(s)` outside of backticks is a plural.
 */
export interface CallParser {
  /** How much text was pushed, UTF-16 units. */
  readonly offset: number;
  push(text: string): CallSite[];
}

const LENGTH_MAX_DEFAULT = 8192;
const PLURALS: ReadonlySet<string> = new Set(["s)", "es)"]);
const PLURAL_LENGTH_MAX = 4;
const DEFINERS: ReadonlySet<string> = new Set(["def", "function"]);

/**
 * @param names The functions' names; calls of other names are plain text.
 * @throws InvalidArgumentError for a limit that is not a positive integer
 * @example createCallParser(["f"]).push('`f("a)b", [1, (2)])`')[0] // {kind: "call", name: "f", args: ["a)b", [1, 2]], …}
 */
export function createCallParser(names: Iterable<string>, options: CallParserOptions = {}): CallParser {
  const lengthMax = options.lengthMax ?? LENGTH_MAX_DEFAULT;
  if (!Number.isInteger(lengthMax) || lengthMax < 1) {
    throw new InvalidArgumentError(`lengthMax must be a positive integer, not ${lengthMax}`);
  }
  return new StreamingCallParser(new Set(names), lengthMax);
}

/** All call sites of a complete text. */
export function parseCalls(text: string, names: Iterable<string>, options?: CallParserOptions): CallSite[] {
  return createCallParser(names, options).push(text);
}

class StreamingCallParser implements CallParser {
  readonly #names: ReadonlySet<string>;
  readonly #wordLengthMax: number;
  readonly #lengthMax: number;
  readonly #words = new WordTracker();
  #offset = 0;
  #call: OpenCall | undefined;

  constructor(names: ReadonlySet<string>, lengthMax: number) {
    this.#names = names;
    this.#lengthMax = lengthMax;
    this.#wordLengthMax = Math.max(0, ...[...names].map((name) => name.length), "function".length);
  }

  get offset(): number {
    return this.#offset;
  }

  push(text: string): CallSite[] {
    const sites: CallSite[] = [];
    for (let i = 0; i < text.length; i++) {
      const char = text[i]!;
      if (this.#call === undefined) this.#scan(char);
      else this.#read(this.#call, char, sites);
      this.#offset++;
    }
    return sites;
  }

  #scan(char: string): void {
    const words = this.#words;
    if (char === "(" && words.callable && this.#names.has(words.word)) {
      this.#call = new OpenCall(words.word, this.#offset - words.word.length, words.backticks);
    }
    words.push(char, this.#wordLengthMax);
  }

  #read(call: OpenCall, char: string, sites: CallSite[]): void {
    const tooLong = this.#offset + 1 - call.start > this.#lengthMax;
    const progress = call.push(char);
    if (progress === "open" && !tooLong) return;
    const end = this.#offset + 1;
    const place: CallPlace = { name: call.name, start: call.start, end, backticks: call.backticks };
    if (tooLong && progress !== "dropped" && !call.refused) {
      const reason = `the call is longer than ${this.#lengthMax} characters`;
      sites.push({ ...place, kind: "refused", reason });
    } else if (progress === "closed" && !tooLong) {
      sites.push(call.site(place));
    }
    this.#call = undefined;
    this.#words.reset(char);
  }
}

/** What stands before the next character, as far as it decides whether a call starts. */
class WordTracker {
  word = "";
  backticks = 0;
  #blocked = false;
  #last = "";
  #beforeLast = "";
  #wordBefore = "";

  /** Whether a parenthesis now would open a call of {@link word}. */
  get callable(): boolean {
    return this.word !== "" && !this.#blocked;
  }

  reset(last: string): void {
    this.word = "";
    this.#wordBefore = "";
    this.backticks = 0;
    this.#beforeLast = "";
    this.#last = last;
  }

  push(char: string, wordLengthMax: number): void {
    if (isIdentifierUnit(char)) {
      if (this.word === "") this.#blocked = this.#isBlockedHere();
      // One more than the longest name is enough to tell that a word is none.
      if (this.word.length <= wordLengthMax) this.word += char;
    } else {
      if (char !== " ") this.#wordBefore = "";
      else if (this.word !== "") this.#wordBefore = this.word;
      this.word = "";
      this.backticks = char === "`" ? this.backticks + 1 : 0;
    }
    this.#beforeLast = this.#last;
    this.#last = char;
  }

  #isBlockedHere(): boolean {
    if (isLetterUnit(this.#last) || DEFINERS.has(this.#wordBefore)) return true;
    return this.#last === "." && /[\p{L}\p{N}\p{M}_$)\]]/u.test(this.#beforeLast);
  }
}

function isIdentifierUnit(char: string): boolean {
  return /[A-Za-z0-9_$]/.test(char);
}

/** Units of surrogate pairs count as no letter: they are emoji far more often than letters. */
function isLetterUnit(char: string): boolean {
  return /[\p{L}\p{N}\p{M}_$]/u.test(char);
}

/** A call whose closing parenthesis has not come yet. */
class OpenCall {
  readonly name: string;
  readonly start: number;
  readonly backticks: number;
  readonly #reader = new ArgumentsReader();
  readonly #lexer: LiteralLexer;
  #parentheses = 1;
  #last = "";
  /** The first few characters behind the parenthesis. */
  #opening = "";

  constructor(name: string, start: number, backticks: number) {
    this.name = name;
    this.start = start;
    this.backticks = backticks;
    this.#lexer = new LiteralLexer((token) => {
      if (token.kind === "punctuation" && token.text === "(") this.#parentheses++;
      if (token.kind === "punctuation" && token.text === ")") this.#parentheses--;
      this.#reader.push(token);
    });
  }

  get refused(): boolean {
    const outcome = this.#reader.outcome;
    return outcome !== undefined && "refused" in outcome;
  }

  push(char: string): "open" | "closed" | "dropped" {
    const blankLine = char === "\n" && this.#last === "\n";
    this.#last = char;
    if (this.#opening.length < PLURAL_LENGTH_MAX) this.#opening += char;
    if (!this.refused) {
      this.#lexer.push(char);
      if (this.#reader.outcome === undefined) return "open";
    } else if (char === "(") {
      this.#parentheses++;
    } else if (char === ")") {
      this.#parentheses--;
    } else if (blankLine) {
      return "dropped";
    }
    if (this.#parentheses > 0) return "open";
    return this.backticks === 0 && PLURALS.has(this.#opening) ? "dropped" : "closed";
  }

  site(place: CallPlace): CallSite {
    const outcome = this.#reader.outcome!;
    if ("refused" in outcome) return { ...place, kind: "refused", reason: outcome.refused };
    return { ...place, kind: "call", args: outcome.args, keywords: outcome.keywords };
  }
}
