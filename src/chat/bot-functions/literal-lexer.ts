/** One token of a call's argument list. `refused` carries why the text can never be a literal. */
export type LiteralToken =
  | { readonly kind: "punctuation"; readonly text: string }
  /** A string begins: told at once, so that an apostrophe where no string can be swallows no text. */
  | { readonly kind: "quote"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

type LexerState = "between" | "string" | "escape" | "codePoint" | "number" | "word";

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\u0007",
  "0": "\0",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "/": "/",
  "\n": "",
};
const CODE_POINT_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const PUNCTUATION = "()[]{},:=";

/**
 * Cuts argument text into tokens, one UTF-16 unit at a time, so that the cut of the text into chunks cannot matter.
 * A number or a word ends at the first character that cannot belong to it; that character's own token follows at once.
 */
export class LiteralLexer {
  readonly #emit: (token: LiteralToken) => void;
  #state: LexerState = "between";
  #quote = "";
  #text = "";
  #digits = "";
  #digitsLeft = 0;

  constructor(emit: (token: LiteralToken) => void) {
    this.#emit = emit;
  }

  push(char: string): void {
    switch (this.#state) {
      case "between":
        this.#begin(char);
        break;
      case "string":
        this.#inString(char);
        break;
      case "escape":
        this.#inEscape(char);
        break;
      case "codePoint":
        this.#inCodePoint(char);
        break;
      case "number":
        if (continuesNumber(this.#text, char)) this.#text += char;
        else this.#endToken(parseNumber(this.#text), char);
        break;
      case "word":
        if (/[A-Za-z0-9_$]/.test(char)) this.#text += char;
        else this.#endToken({ kind: "word", text: this.#text }, char);
    }
  }

  #begin(char: string): void {
    if (char === '"' || char === "'") {
      this.#quote = char;
      this.#text = "";
      this.#state = "string";
      this.#emit({ kind: "quote", text: char });
    } else if (/[0-9+\-.]/.test(char)) {
      this.#text = char;
      this.#state = "number";
    } else if (/[A-Za-z_$]/.test(char)) {
      this.#text = char;
      this.#state = "word";
    } else if (PUNCTUATION.includes(char)) {
      this.#emit({ kind: "punctuation", text: char });
    } else if (!/\s/.test(char)) {
      this.#emit({ kind: "refused", reason: `${JSON.stringify(char)} is not part of a literal` });
    }
  }

  #endToken(token: LiteralToken, next: string): void {
    this.#state = "between";
    this.#emit(token);
    this.#begin(next);
  }

  #inString(char: string): void {
    if (char === "\\") {
      this.#state = "escape";
    } else if (char === this.#quote) {
      this.#state = "between";
      this.#emit({ kind: "string", value: this.#text });
    } else {
      this.#text += char;
    }
  }

  #inEscape(char: string): void {
    const digits = CODE_POINT_DIGITS[char];
    if (digits !== undefined) {
      this.#digits = "";
      this.#digitsLeft = digits;
      this.#state = "codePoint";
      return;
    }
    // An unknown escape keeps its backslash, as in Python: "\d" stays a regular expression's \d.
    this.#text += SIMPLE_ESCAPES[char] ?? `\\${char}`;
    this.#state = "string";
  }

  #inCodePoint(char: string): void {
    if (!/[0-9A-Fa-f]/.test(char)) {
      this.#state = "between";
      this.#emit({ kind: "refused", reason: "a string holds an incomplete character escape" });
      return;
    }
    this.#digits += char;
    if (--this.#digitsLeft > 0) return;
    const code = Number.parseInt(this.#digits, 16);
    if (code > 0x10ffff) {
      this.#state = "between";
      this.#emit({ kind: "refused", reason: "a string holds a character escape beyond Unicode" });
      return;
    }
    // Two \u escapes may be the halves of one character, so a half is kept as it is.
    this.#text += String.fromCodePoint(code);
    this.#state = "string";
  }
}

function continuesNumber(text: string, char: string): boolean {
  if (/[0-9A-Za-z_.]/.test(char)) return true;
  return (char === "+" || char === "-") && /[eE]$/.test(text) && !/^[+-]?0[xX]/.test(text);
}

/**
 * A number as Python and JSON write it; underscores between digits and the prefixes 0x, 0o, 0b are taken.
 * An integer that a double cannot hold exactly is refused: a silently different id is worse than an error.
 */
function parseNumber(source: string): LiteralToken {
  const text = source.replace(/([0-9])_(?=[0-9])/g, "$1");
  const based = /^([+-]?)(0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+)$/.exec(text);
  const decimal = /^[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text);
  if (!based && !decimal) return { kind: "refused", reason: `${JSON.stringify(source)} is not a number` };
  const value = based ? Number(based[2]) * (based[1] === "-" ? -1 : 1) : Number(text);
  const isInteger = based !== null || !/[.eE]/.test(text);
  if (!Number.isFinite(value) || (isInteger && !Number.isSafeInteger(value))) {
    return { kind: "refused", reason: `the number ${source} is too large` };
  }
  return { kind: "number", value: value === 0 ? 0 : value };
}
