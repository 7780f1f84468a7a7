import { inspect } from "node:util";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Token, Tokenizer } from "../engine/token.ts";
import {
  type LlamaTextSpecialTokenJSON,
  type LlamaTextSpecialTokensTextJSON,
  type NamedTokenizer,
  SpecialToken,
  SpecialTokensText,
} from "./special-token.ts";

export type LlamaTextValue = string | SpecialTokensText | SpecialToken;
export type LlamaTextInputValue =
  | LlamaTextValue
  | LlamaText
  | number
  | boolean
  | undefined
  | readonly LlamaTextInputValue[];
export type LlamaTextJSONValue = string | LlamaTextSpecialTokensTextJSON | LlamaTextSpecialTokenJSON;
/** A {@link LlamaText} as JSON: a string when it holds nothing but plain text. */
export type LlamaTextJSON = string | LlamaTextJSONValue[];

const typeTag = "LlamaText";

class LlamaTextClass {
  /** Plain strings and special parts; two neighbours of the same kind are always joined into one. */
  readonly values: readonly LlamaTextValue[];

  constructor(...values: readonly LlamaTextInputValue[]) {
    const flat: LlamaTextValue[] = [];
    for (const value of values) pushValue(flat, value);
    this.values = flat;
  }

  concat(value: LlamaTextInputValue): LlamaText {
    return new LlamaTextClass(this.values, value);
  }

  mapValues(
    mapper: (
      this: readonly LlamaTextValue[],
      value: LlamaTextValue,
      index: number,
      values: readonly LlamaTextValue[],
    ) => LlamaTextInputValue,
  ): LlamaText {
    return new LlamaTextClass(
      this.values.map((value, index) => mapper.call(this.values, value, index, this.values)),
    );
  }

  /** Puts a separator between the (already joined) values. Use the static `joinValues` to separate inputs. */
  joinValues(separator: LlamaText | LlamaTextValue): LlamaText {
    return LlamaTextClass.joinValues(separator, this.values);
  }

  /** The text without any marks; named tokens as their name. */
  toString(): string {
    return this.values.join("");
  }

  toJSON(): LlamaTextJSON {
    const [first] = this.values;
    if (first === undefined) return "";
    if (this.values.length === 1 && typeof first === "string") return first;
    return this.values.map((value) => (typeof value === "string" ? value : value.toJSON()));
  }

  /**
   * Every part is tokenised on its own: a plain string can never become a special token.
   * @param options `"trimLeadingSpace"`: the text continues another one
   */
  tokenize(tokenizer: NamedTokenizer, options?: "trimLeadingSpace"): Token[] {
    const result: Token[] = [];
    for (const [index, value] of this.values.entries()) {
      const trim = index > 0 ? "trimLeadingSpace" : options;
      const tokens =
        typeof value === "string"
          ? tokenizer(value, false, trim)
          : value instanceof SpecialTokensText
            ? value.tokenize(tokenizer, trim !== undefined)
            : value.tokenize(tokenizer);
      for (const token of tokens) result.push(token);
    }
    return result;
  }

  compare(other: LlamaText): boolean {
    return LlamaTextClass.compare(this, other);
  }

  trim(): LlamaText {
    return this.trimStart().trimEnd();
  }

  trimStart(): LlamaText {
    for (const [index, value] of this.values.entries()) {
      const trimmed = trimValue(value, (text) => text.trimStart());
      if (trimmed !== undefined) return new LlamaTextClass(trimmed, this.values.slice(index + 1));
    }
    return new LlamaTextClass();
  }

  trimEnd(): LlamaText {
    for (let index = this.values.length - 1; index >= 0; index--) {
      const trimmed = trimValue(this.values[index]!, (text) => text.trimEnd());
      if (trimmed !== undefined) return new LlamaTextClass(this.values.slice(0, index), trimmed);
    }
    return new LlamaTextClass();
  }

  /** Whether the other text occurs in this one, special parts as special, plain parts as plain. */
  includes(value: LlamaText): boolean {
    const needle = value.values;
    const last = needle.length - 1;
    for (let start = 0; start + last < this.values.length; start++) {
      const found = needle.every((part, index) => {
        const own = this.values[start + index]!;
        if (index > 0 && index < last) return valuesEqual(own, part);
        return valueContains(own, part, index === 0, index === last);
      });
      if (found) return true;
    }
    return needle.length === 0;
  }

  /** How `console.log` shows it. */
  [inspect.custom](depth: number, options: object): string {
    return `LlamaText(${inspect(this.values, { ...options, depth: Math.max(0, depth - 1) })})`;
  }

  static fromJSON(json: LlamaTextJSON): LlamaText {
    if (typeof json === "string") return new LlamaTextClass(json);
    if (!Array.isArray(json))
      throw new InvalidArgumentError("The JSON form of a LlamaText is a string or an array");
    return new LlamaTextClass(json.map(valueFromJSON));
  }

  static compare(a: LlamaText, b: LlamaText): boolean {
    if (!isLlamaText(a) || !isLlamaText(b) || a.values.length !== b.values.length) return false;
    return a.values.every((value, index) => valuesEqual(value, b.values[index]));
  }

  /** The text of tokens, with special tokens kept special. Tokens that have no text at all are left out. */
  static fromTokens(tokenizer: NamedTokenizer, tokens: readonly Token[]): LlamaText {
    const named = SpecialToken.getTokenToValueMap(tokenizer);
    const result: LlamaTextInputValue[] = [];
    let plain: Token[] = [];
    const flush = () => {
      if (plain.length > 0) result.push(tokenizer.detokenize(plain, false));
      plain = [];
    };
    for (const token of tokens) {
      const special = named.has(token)
        ? new SpecialToken(named.get(token)!)
        : writtenSpecialToken(tokenizer, token);
      if (special === undefined) plain.push(token);
      else {
        flush();
        result.push(special);
      }
    }
    flush();
    return new LlamaTextClass(result);
  }

  static joinValues(
    separator: LlamaText | LlamaTextValue,
    values: readonly LlamaTextInputValue[],
  ): LlamaText {
    return new LlamaTextClass(values.flatMap((value, index) => (index === 0 ? [value] : [separator, value])));
  }

  static isLlamaText(value: unknown): value is LlamaText {
    if (value instanceof LlamaTextClass) return true;
    // Another copy of this module: the class differs, the tag does not.
    return typeof value === "object" && value !== null && "_type" in value && value._type === typeTag;
  }
}

Object.defineProperty(LlamaTextClass.prototype, "_type", { value: typeTag });

/** A text whose parts know whether they may hold special tokens. Immutable. */
export type LlamaText = LlamaTextClass;

type LlamaTextConstructor = typeof LlamaTextClass &
  ((...values: readonly LlamaTextInputValue[]) => LlamaText);

/**
 * Text for a model in which plain and special parts are told apart, so that a user who types `<|im_end|>` never
 * ends a message. Callable with and without `new`.
 *
 * @example
 * LlamaText([new SpecialTokensText("<|im_start|>user\n"), userText, new SpecialTokensText("<|im_end|>\n")])
 */
export const LlamaText: LlamaTextConstructor = new Proxy(LlamaTextClass, {
  apply: (target, _this, values: LlamaTextInputValue[]) => new target(...values),
}) as LlamaTextConstructor;

/** Whether a value is a {@link LlamaText}, of this or another copy of the package. */
export function isLlamaText(value: unknown): value is LlamaText {
  return LlamaTextClass.isLlamaText(value);
}

/** The tokens of a plain string (no special tokens) or of a {@link LlamaText}. */
export function tokenizeText(text: string | LlamaText, tokenizer: Tokenizer): Token[] {
  return typeof text === "string" ? tokenizer(text, false) : text.tokenize(tokenizer);
}

function pushValue(flat: LlamaTextValue[], value: LlamaTextInputValue): void {
  if (value === undefined) return;
  if (typeof value === "string") {
    const last = flat.at(-1);
    if (typeof last === "string") flat[flat.length - 1] = last + value;
    else if (value !== "") flat.push(value);
  } else if (value instanceof SpecialTokensText) {
    const last = flat.at(-1);
    if (last instanceof SpecialTokensText)
      flat[flat.length - 1] = new SpecialTokensText(last.value + value.value);
    else if (value.value !== "") flat.push(value);
  } else if (value instanceof SpecialToken) flat.push(value);
  else if (Array.isArray(value))
    for (const item of value as readonly LlamaTextInputValue[]) pushValue(flat, item);
  else if (isLlamaText(value)) for (const item of value.values) pushValue(flat, item);
  else if (typeof value === "number" || typeof value === "boolean") pushValue(flat, String(value));
  else throw new InvalidArgumentError(`A LlamaText cannot hold a value of type ${typeof value}`);
}

function valueFromJSON(value: LlamaTextJSONValue): LlamaTextValue {
  if (typeof value === "string") return value;
  if (SpecialToken.isSpecialTokenJSON(value)) return SpecialToken.fromJSON(value);
  if (SpecialTokensText.isSpecialTokensTextJSON(value)) return SpecialTokensText.fromJSON(value);
  throw new InvalidArgumentError(`Not a part of the JSON form of a LlamaText: ${JSON.stringify(value)}`);
}

/** `undefined` when nothing is left of the value. A named token is never trimmed. */
function trimValue(value: LlamaTextValue, trim: (text: string) => string): LlamaTextValue | undefined {
  if (value instanceof SpecialToken) return value;
  const text = trim(String(value));
  if (text === "") return undefined;
  return typeof value === "string" ? text : new SpecialTokensText(text);
}

function valuesEqual(a: LlamaTextValue | undefined, b: LlamaTextValue | undefined): boolean {
  if (a instanceof SpecialTokensText) return b instanceof SpecialTokensText && a.value === b.value;
  if (a instanceof SpecialToken) return b instanceof SpecialToken && a.value === b.value;
  return a === b;
}

/** Whether `part` is in `own`: anywhere, at its end (`first` of several parts) or at its start (`last` of several). */
function valueContains(own: LlamaTextValue, part: LlamaTextValue, first: boolean, last: boolean): boolean {
  const sameKind =
    typeof own === typeof part && own instanceof SpecialTokensText === part instanceof SpecialTokensText;
  if (!sameKind || own instanceof SpecialToken || part instanceof SpecialToken) return valuesEqual(own, part);
  const text = String(own);
  const searched = String(part);
  if (first && last) return text.includes(searched);
  return first ? text.endsWith(searched) : text.startsWith(searched);
}

/** A token that only tokenising with special tokens gives back, as special text. */
function writtenSpecialToken(tokenizer: Tokenizer, token: Token): SpecialTokensText | undefined {
  const plain = tokenizer(tokenizer.detokenize([token], false), false, "trimLeadingSpace");
  if (plain.length === 1 && plain[0] === token) return undefined;
  const text = tokenizer.detokenize([token], true);
  const special = tokenizer(text, true, "trimLeadingSpace");
  return special.length === 1 && special[0] === token ? new SpecialTokensText(text) : undefined;
}

export type {
  BuiltinSpecialTokenValue,
  LlamaTextSpecialTokenJSON,
  LlamaTextSpecialTokensTextJSON,
  NamedTokenizer,
} from "./special-token.ts";
export { SpecialToken, SpecialTokensText } from "./special-token.ts";
