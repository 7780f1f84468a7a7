import type { LiteralToken } from "./literal-lexer.ts";

/** The arguments of a call: positional ones in order, keyword ones by name. All values are JSON values. */
export interface CallArguments {
  readonly args: readonly unknown[];
  readonly keywords: Readonly<Record<string, unknown>>;
}

/** `undefined` while the list is incomplete. */
export type ArgumentsOutcome = CallArguments | { readonly refused: string } | undefined;

type Frame =
  | { kind: "call"; values: unknown[]; keywords: Map<string, unknown>; keyword: string | undefined }
  | { kind: "list"; values: unknown[] }
  | { kind: "tuple"; values: unknown[]; comma: boolean }
  | { kind: "dict"; entries: [string, unknown][]; key: string | undefined };

type Expectation = "first" | "next" | "content" | "separator" | "colon" | "equals";

const CLOSERS: Readonly<Record<Frame["kind"], string>> = { call: ")", list: "]", tuple: ")", dict: "}" };
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["True", true],
  ["true", true],
  ["False", false],
  ["false", false],
  ["None", null],
  ["null", null],
]);
const DEPTH_MAX = 32;

/**
 * Reads the tokens behind a call's opening parenthesis up to the closing one: literals only.
 * Tuples become lists; `(x)` without a comma is x; dict keys become strings.
 * The first token that cannot continue a literal argument list refuses the call.
 */
export class ArgumentsReader {
  readonly #frames: Frame[] = [{ kind: "call", values: [], keywords: new Map(), keyword: undefined }];
  #expects: Expectation = "first";
  #word = "";
  #outcome: ArgumentsOutcome;

  get outcome(): ArgumentsOutcome {
    return this.#outcome;
  }

  push(token: LiteralToken): void {
    if (this.#outcome !== undefined) return;
    if (token.kind === "refused") {
      this.#refuse(token.reason);
      return;
    }
    const takesString = this.#expects === "first" || this.#expects === "next" || this.#expects === "content";
    if (token.kind === "quote" && takesString) return;
    const mark = token.kind === "punctuation" ? token.text : "";
    const closes = mark !== "" && mark === CLOSERS[this.#top.kind];
    switch (this.#expects) {
      case "equals":
        if (mark === "=") this.#expects = "content";
        else
          this.#refuse(mark === "(" ? `the call ${this.#word}(…) is not a literal` : notLiteral(this.#word));
        break;
      case "colon":
        if (mark === ":") this.#expects = "content";
        else this.#refuse("a key of an object must be followed by a colon");
        break;
      case "separator":
        if (mark === ",") this.#separate();
        else if (closes) this.#close();
        else this.#refuse(`${show(token)} follows a complete argument`);
        break;
      case "first":
      case "next":
        if (closes) this.#close();
        else if (this.#top.kind === "dict") this.#key(token);
        else this.#value(token);
        break;
      case "content":
        this.#value(token);
    }
  }

  get #top(): Frame {
    return this.#frames[this.#frames.length - 1]!;
  }

  #refuse(reason: string): void {
    this.#outcome = { refused: reason };
  }

  #separate(): void {
    const top = this.#top;
    if (top.kind === "tuple") top.comma = true;
    this.#expects = "next";
  }

  #key(token: LiteralToken): void {
    const top = this.#top;
    if (top.kind !== "dict") return;
    this.#expects = "colon";
    if (token.kind === "string" || token.kind === "number") top.key = String(token.value);
    else if (token.kind === "word") top.key = token.text;
    else this.#refuse(`${show(token)} is not a key of an object`);
  }

  #value(token: LiteralToken): void {
    if (token.kind === "string" || token.kind === "number") this.#complete(token.value);
    else if (token.kind === "word") this.#wordValue(token.text);
    else if (token.kind === "punctuation") this.#open(token.text);
  }

  #wordValue(word: string): void {
    const top = this.#top;
    if (WORDS.has(word)) {
      this.#complete(WORDS.get(word));
    } else if (top.kind === "call" && this.#expects !== "content") {
      top.keyword = word;
      this.#word = word;
      this.#expects = "equals";
    } else {
      this.#refuse(notLiteral(word));
    }
  }

  #open(mark: string): void {
    if (this.#frames.length > DEPTH_MAX) this.#refuse(`nested deeper than ${DEPTH_MAX} levels`);
    else if (mark === "[") this.#frames.push({ kind: "list", values: [] });
    else if (mark === "(") this.#frames.push({ kind: "tuple", values: [], comma: false });
    else if (mark === "{") this.#frames.push({ kind: "dict", entries: [], key: undefined });
    else this.#refuse(`a value is missing before ${JSON.stringify(mark)}`);
    this.#expects = "first";
  }

  #complete(value: unknown): void {
    this.#expects = "separator";
    const top = this.#top;
    if (top.kind === "dict") {
      top.entries.push([top.key ?? "", value]);
      return;
    }
    if (top.kind !== "call") {
      top.values.push(value);
      return;
    }
    if (top.keyword === undefined) {
      if (top.keywords.size > 0) this.#refuse("a positional argument follows a keyword argument");
      top.values.push(value);
      return;
    }
    if (top.keywords.has(top.keyword)) this.#refuse(`the argument ${top.keyword} is given twice`);
    top.keywords.set(top.keyword, value);
    top.keyword = undefined;
  }

  #close(): void {
    const frame = this.#frames.pop()!;
    if (frame.kind === "call") {
      // fromEntries defines own properties, so a key named __proto__ stays a plain key.
      this.#outcome = { args: frame.values, keywords: Object.fromEntries(frame.keywords) };
    } else if (frame.kind === "dict") {
      this.#complete(Object.fromEntries(frame.entries));
    } else if (frame.kind === "tuple" && !frame.comma && frame.values.length === 1) {
      this.#complete(frame.values[0]);
    } else {
      this.#complete(frame.values);
    }
  }
}

function notLiteral(word: string): string {
  return `${word} is not a literal`;
}

function show(token: LiteralToken): string {
  switch (token.kind) {
    case "quote":
      return "a string";
    case "punctuation":
    case "word":
      return JSON.stringify(token.text);
    case "string":
    case "number":
      return JSON.stringify(token.value);
    case "refused":
      return token.reason;
  }
}
