import { ColloquyError } from "../../base/errors.ts";
import { GRAMMAR_LIMITS, limitError } from "../limits.ts";

/** A cursor over the code points of a pattern, with errors that say where. */
export class PatternReader {
  readonly pattern: string;
  #position = 0;
  #depth = 0;
  readonly #names = new Set<string>();
  readonly #properties = new Set<string>();

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.pattern.length;
  }

  /** Counts an open group and returns how many are open now. */
  nest(change: 1 | -1): number {
    return (this.#depth += change);
  }

  /** Counts the name of a group, which may stand only once. */
  nameGroup(name: string): void {
    if (this.#names.has(name)) throw this.invalid(`two groups are named ${name}`);
    this.#names.add(name);
  }

  /** Counts a Unicode property: finding out its characters takes a while. */
  countProperty(name: string): void {
    this.#properties.add(name);
    if (this.#properties.size > GRAMMAR_LIMITS.unicodeProperties)
      throw limitError("Unicode properties", GRAMMAR_LIMITS.unicodeProperties);
  }

  peek(): string {
    const code = this.pattern.codePointAt(this.#position);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  next(): string {
    const character = this.peek();
    this.#position += character.length;
    return character;
  }

  take(text: string): boolean {
    if (!this.pattern.startsWith(text, this.#position)) return false;
    this.#position += text.length;
    return true;
  }

  /** What the expression matches right here, stepped over. It must be sticky. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#position;
    const found = expression.exec(this.pattern);
    if (found !== null) this.#position += found[0].length;
    return found;
  }

  invalid(message: string): ColloquyError {
    return new ColloquyError(
      "grammar-invalid",
      `Invalid pattern ${JSON.stringify(this.pattern)}: ${message} at offset ${this.#position}`,
    );
  }

  unsupported(what: string): ColloquyError {
    return new ColloquyError(
      "grammar-unsupported",
      `The pattern ${JSON.stringify(this.pattern)} uses ${what} at offset ${this.#position}, which cannot be turned into a grammar`,
    );
  }
}
