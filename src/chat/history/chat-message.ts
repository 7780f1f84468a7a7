import type { Token } from "../../engine/token.ts";
import type { ChatHistory } from "./chat-history.ts";
import { type ContentInput, type ContentPart, contentParts, partsText } from "./content-part.ts";
import { type ContentType, detectContentType } from "./content-type.ts";

export interface ChatMessageOptions {
  /** Never leaves the context window when the context is shifted. Default `false`. */
  pinned?: boolean;
  /** Tokens that the content was generated as. */
  tokens?: ArrayLike<number>;
}

/**
 * One message. It does not change: {@link ChatHistory.replace} puts another one in its place.
 * Places and tokens are read from the history that the message is in, so they are always true.
 */
export class ChatMessage {
  readonly role: string;
  readonly parts: readonly ContentPart[];
  readonly pinned: boolean;
  /** Tokens that the content was generated as, when they were given. */
  readonly generatedTokens: readonly Token[] | undefined;
  /** @internal Set by the history that holds the message. */
  owner: ChatHistory | undefined;

  /** @throws ColloquyError `invalid-argument` when the content is none */
  constructor(
    role: string,
    content: ContentInput | readonly ContentInput[],
    options: ChatMessageOptions = {},
  ) {
    this.role = role;
    this.parts = Object.freeze([...contentParts(content)]);
    this.pinned = options.pinned ?? false;
    this.generatedTokens = options.tokens === undefined ? undefined : (Array.from(options.tokens) as Token[]);
  }

  /** What a value is: see {@link detectContentType}. */
  static contentType(value: unknown): ContentType | undefined {
    return detectContentType(value);
  }

  get history(): ChatHistory | undefined {
    return this.owner;
  }

  /** What the message holds first; a text message with media is of the medium's type. */
  get type(): ContentType {
    const media = this.parts.find((part) => part.type === "image" || part.type === "audio");
    return media === undefined ? "text" : (media.type as ContentType);
  }

  isType(type: ContentType): boolean {
    return this.type === type;
  }

  /** The text, or what was given as image or audio. */
  get content(): unknown {
    const [only] = this.parts;
    if (this.parts.length === 1 && (only?.type === "image" || only?.type === "audio")) return only.source;
    return this.text;
  }

  /** The text without segments, calls and media. */
  get text(): string {
    return partsText(this.parts);
  }

  /** Place in the history, -1 when it is in none. */
  get index(): number {
    return this.owner?.indexOf(this) ?? -1;
  }

  get prev(): ChatMessage | undefined {
    const { index } = this;
    return index > 0 ? this.owner?.at(index - 1) : undefined;
  }

  get next(): ChatMessage | undefined {
    const { index } = this;
    return index >= 0 ? this.owner?.at(index + 1) : undefined;
  }

  /** Place of its first token in the rendered chat; 0 outside of a history. */
  get startToken(): number {
    return this.owner?.span(this)?.start ?? 0;
  }

  /** Tokens in the rendered chat, those of its template included; 0 outside of a history. */
  get numTokens(): number {
    const span = this.owner?.span(this);
    return span === undefined ? 0 : span.end - span.start;
  }

  /** Its tokens in the rendered chat. */
  get tokens(): readonly Token[] {
    const span = this.owner?.span(this);
    return span === undefined || this.owner === undefined
      ? []
      : this.owner.tokens.slice(span.start, span.end);
  }

  /** The text with the format's marks around it. */
  get template(): string {
    return this.owner?.model.detokenize(this.tokens, true) ?? this.text;
  }

  /** Embeddings of the content. Text has none of its own: the model embeds its tokens. */
  get embedding(): undefined {
    return undefined;
  }

  /** Whether the cache holds all of its tokens at their place. */
  get cached(): boolean {
    const span = this.owner?.span(this);
    return span !== undefined && this.owner !== undefined && span.end <= this.owner.position;
  }
}
