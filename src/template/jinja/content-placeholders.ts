import { randomBytes } from "node:crypto";
import { ColloquyError } from "../../base/errors.ts";
import { LlamaText, type LlamaTextInputValue, SpecialTokensText } from "../llama-text.ts";

/**
 * Keeps what people wrote apart from what a template writes. Contents go into the template as words that nobody can
 * guess, and come back afterwards: everything else in the rendering is the template's, and only there do special
 * tokens count. So a user who types `<|im_end|>` stays within the message, whatever the template does.
 */
export class ContentPlaceholders {
  readonly #key = `x${randomBytes(12).toString("hex")}n`;
  readonly #contents: LlamaTextInputValue[] = [];
  /** Contents that a template writes within a JSON string. */
  readonly #quotable = new Set<number>();

  /** The text with its plain parts hidden. Special parts stay, so that a template can look at them. */
  protect(text: LlamaText): string {
    return text.values
      .map((value) => {
        if (value instanceof SpecialTokensText) return value.value;
        return typeof value === "string" ? this.protectText(value) : this.#hide(value);
      })
      .join("");
  }

  /** White space around the text stays visible: templates trim it, and ask whether a text is empty. */
  protectText(text: string): string {
    const content = text.trim();
    if (content === "") return text;
    const start = text.indexOf(content);
    return text.slice(0, start) + this.#hide(content) + text.slice(start + content.length);
  }

  /** Hides a value that is not text, such as a named token. */
  protectValue(value: LlamaTextInputValue): string {
    return this.#hide(value);
  }

  /** Hides all texts of a JSON value that templates write out as JSON, such as descriptions of functions. */
  protectJson(value: unknown): unknown {
    if (typeof value === "string") {
      // A short word is a name or a type that templates compare; it cannot hold a special token.
      if (/^[\w.-]*$/.test(value)) return value;
      const hidden = this.#hide(value);
      this.#quotable.add(this.#contents.length - 1);
      return hidden;
    }
    if (Array.isArray(value)) return value.map((item) => this.protectJson(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.protectJson(item)]));
  }

  /** The rendering with the contents back in place: template text special, contents as they were. */
  restore(rendered: string): LlamaText {
    const parts = rendered.split(new RegExp(`${this.#key}(\\d+)x`));
    return LlamaText(
      parts.map((part, index) => {
        if (index % 2 === 0) return this.#templateText(part);
        const content = this.#contents[Number(part)];
        const isQuoted =
          parts[index - 1]?.endsWith('"') === true && parts[index + 1]?.startsWith('"') === true;
        if (typeof content === "string" && this.#quotable.has(Number(part)) && isQuoted)
          return JSON.stringify(content).slice(1, -1);
        return content;
      }),
    );
  }

  #templateText(text: string): SpecialTokensText {
    if (text.includes(this.#key))
      throw new ColloquyError("template-invalid", "The chat template cuts messages into pieces", {
        hint: "use a chat wrapper that is made for this model",
      });
    return new SpecialTokensText(text);
  }

  #hide(value: LlamaTextInputValue): string {
    this.#contents.push(value);
    return `${this.#key}${this.#contents.length - 1}x`;
  }
}
