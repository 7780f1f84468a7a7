import type { Token } from "../../engine/token.ts";
import type {
  ChatModelResponse,
  ChatModelSegment,
  ChatModelSegmentType,
} from "../../template/chat-history-items.ts";
import type { LlamaChatResponseChunk } from "./response-chunk.ts";

export type ResponseItem = ChatModelResponse["response"][number];

export interface ResponseListeners {
  onTextChunk?: (text: string) => void;
  onToken?: (tokens: Token[]) => void;
  onResponseChunk?: (chunk: LlamaChatResponseChunk) => void;
}

/** Segments that a response leaves open, the innermost last. */
export function openSegments(items: readonly ResponseItem[]): ChatModelSegmentType[] {
  const open: ChatModelSegmentType[] = [];
  for (const item of items) {
    if (typeof item === "string" || item.type !== "segment") continue;
    const continues = open.at(-1) === item.segmentType;
    if (item.ended && continues) open.pop();
    else if (!item.ended && !continues) open.push(item.segmentType);
  }
  return open;
}

/** Tells the listeners about a piece of the answer. */
export function announceText(listeners: ResponseListeners, text: string, tokens: readonly Token[]): void {
  if (tokens.length > 0) listeners.onToken?.([...tokens]);
  if (text !== "") listeners.onTextChunk?.(text);
  listeners.onResponseChunk?.({ type: undefined, segmentType: undefined, text, tokens: [...tokens] });
}

/** Puts the items of a response together while they are written, and tells the listeners. */
export class ResponseBuilder {
  readonly items: ResponseItem[] = [];
  /** Tokens of each segment type so far. */
  readonly segmentTokens: Record<ChatModelSegmentType, number> = { thought: 0, comment: 0 };
  readonly #listeners: ResponseListeners;
  readonly #open: ChatModelSegmentType[];
  readonly #trimEnd: boolean;
  /** White space at the end of the text, withheld while it may be the end of the reply. */
  #space: { text: string; tokens: Token[] } = { text: "", tokens: [] };

  /** @param before items of the same response that were written earlier: their open segments go on */
  constructor(listeners: ResponseListeners, before: readonly ResponseItem[], trimEnd: boolean) {
    this.#listeners = listeners;
    this.#open = openSegments(before);
    this.#trimEnd = trimEnd;
  }

  get openSegment(): ChatModelSegmentType | undefined {
    return this.#open.at(-1);
  }

  isOpen(type: ChatModelSegmentType): boolean {
    return this.#open.includes(type);
  }

  append(text: string, tokens: readonly Token[]): void {
    const segment = this.openSegment;
    if (segment === undefined) this.#appendText(text, tokens);
    else {
      this.segmentTokens[segment] += tokens.length;
      this.#currentSegment(segment).text += text;
      this.#emit({ type: "segment", segmentType: segment, text, tokens: [...tokens] });
    }
  }

  open(type: ChatModelSegmentType): void {
    if (this.openSegment === type) return;
    const now = new Date();
    this.#open.push(type);
    this.items.push({
      type: "segment",
      segmentType: type,
      text: "",
      ended: false,
      startTime: now.toISOString(),
    });
    this.#emit({ type: "segment", segmentType: type, text: "", tokens: [], segmentStartTime: now });
  }

  /** Closes the innermost segment of this type, and with it those inside. */
  close(type: ChatModelSegmentType): void {
    while (this.isOpen(type)) this.#closeInnermost();
  }

  closeAll(): void {
    while (this.#open.length > 0) this.#closeInnermost();
  }

  #closeInnermost(): void {
    const type = this.openSegment!;
    const now = new Date();
    const segment = this.#currentSegment(type);
    segment.ended = true;
    segment.endTime = now.toISOString();
    this.#open.pop();
    this.#emit({ type: "segment", segmentType: type, text: "", tokens: [], segmentEndTime: now });
  }

  #currentSegment(type: ChatModelSegmentType): ChatModelSegment {
    const last = this.items.at(-1);
    if (typeof last === "object" && last.type === "segment" && last.segmentType === type && !last.ended) {
      return last;
    }
    const segment: ChatModelSegment = { type: "segment", segmentType: type, text: "", ended: false };
    this.items.push(segment);
    return segment;
  }

  #appendText(text: string, tokens: readonly Token[]): void {
    if (!this.#trimEnd) {
      this.#appendVisible(text, tokens);
      return;
    }
    const visible = text.trimEnd();
    if (visible === "") {
      this.#space.text += text;
      this.#space.tokens.push(...tokens);
      return;
    }
    const before = this.#space;
    this.#space = { text: text.slice(visible.length), tokens: [] };
    this.#appendVisible(before.text + visible, [...before.tokens, ...tokens]);
  }

  #appendVisible(text: string, tokens: readonly Token[]): void {
    if (text !== "") {
      const last = this.items.length - 1;
      if (typeof this.items[last] === "string") this.items[last] += text;
      else this.items.push(text);
    }
    announceText(this.#listeners, text, tokens);
  }

  #emit(chunk: LlamaChatResponseChunk): void {
    this.#listeners.onResponseChunk?.(chunk);
  }
}

/** The items of a response followed by items that continue it; texts and segments that go on become one. */
export function joinResponse(
  before: readonly ResponseItem[],
  after: readonly ResponseItem[],
): ResponseItem[] {
  const joined = before.map((item) => (typeof item === "string" ? item : { ...item }));
  for (const item of after) {
    const last = joined.at(-1);
    if (typeof item === "string") {
      if (typeof last === "string") joined[joined.length - 1] = last + item;
      else joined.push(item);
      continue;
    }
    const open = openSegmentAtEnd(last);
    if (item.type === "segment" && open?.segmentType === item.segmentType && item.startTime === undefined) {
      open.text += item.text;
      open.ended = item.ended;
      if (item.endTime !== undefined) open.endTime = item.endTime;
      delete open.raw;
    } else joined.push({ ...item });
  }
  return joined.filter((item) => item !== "");
}

function openSegmentAtEnd(item: ResponseItem | undefined): ChatModelSegment | undefined {
  return typeof item === "object" && item.type === "segment" && !item.ended ? item : undefined;
}
