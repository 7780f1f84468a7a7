import { ColloquyError } from "../../base/errors.ts";
import { MAX_CODE_POINT } from "../ir.ts";

const ESCAPES: Readonly<Record<string, number>> = { t: 9, r: 13, n: 10 };
const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A cursor over a GBNF text, with errors that say line and column. */
export class GbnfReader {
  readonly text: string;
  #position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.text.length;
  }

  peek(): string {
    return this.text[this.#position] ?? "";
  }

  take(text: string): boolean {
    if (!this.text.startsWith(text, this.#position)) return false;
    this.#position += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.invalid(`expected ${JSON.stringify(text)}`);
  }

  /** What the expression matches right here, stepped over. It must be sticky. */
  match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#position;
    const found = expression.exec(this.text)?.[0];
    if (found !== undefined) this.#position += found.length;
    return found;
  }

  /** Steps over blanks and comments, and over line ends where they do not end the rule. */
  skipSpace(acrossLines: boolean): void {
    this.match(acrossLines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y);
  }

  /** One character of a literal or a class, escapes resolved. */
  readCharacter(): number {
    if (this.atEnd) throw this.invalid("unexpected end");
    if (!this.take("\\")) {
      const code = this.text.codePointAt(this.#position)!;
      this.#position += code > 0xffff ? 2 : 1;
      return code;
    }
    const letter = this.peek();
    const digits = HEX_LENGTHS[letter];
    if (digits !== undefined) return this.#readHex(digits);
    const code = ESCAPES[letter] ?? (/^[\\"[\]-]$/.test(letter) ? letter.charCodeAt(0) : undefined);
    if (code === undefined) throw this.invalid(`unknown escape \\${letter}`);
    this.#position++;
    return code;
  }

  #readHex(digits: number): number {
    const hex = this.text.slice(this.#position + 1, this.#position + 1 + digits);
    if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex))
      throw this.invalid(`expected ${digits} hex digits`);
    const code = Number.parseInt(hex, 16);
    if (code > MAX_CODE_POINT) throw this.invalid("code point out of range");
    this.#position += 1 + digits;
    return code;
  }

  invalid(message: string, position = this.#position): ColloquyError {
    const before = this.text.slice(0, position).split(/\r\n|\r|\n/);
    const column = (before[before.length - 1]?.length ?? 0) + 1;
    return new ColloquyError(
      "grammar-invalid",
      `Invalid GBNF grammar: ${message} at line ${before.length}, column ${column}`,
    );
  }
}
