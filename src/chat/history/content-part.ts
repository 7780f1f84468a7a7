import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatModelFunctionCall, ChatModelSegment } from "../../template/chat-history-items.ts";
import type { LlamaTextJSON } from "../../template/llama-text.ts";
import { type ContentType, detectContentType } from "./content-type.ts";

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

/** Text with special tokens, as some system prompts have it. */
export interface RichTextPart {
  readonly type: "richText";
  readonly text: LlamaTextJSON;
}

export interface MediaPart {
  readonly type: "image" | "audio";
  /** A path, a URL, bytes, or decoded pixels. */
  readonly source: unknown;
}

/** A piece of a message. Calls and segments occur in what the model wrote. */
export type ContentPart = TextPart | RichTextPart | MediaPart | ChatModelFunctionCall | ChatModelSegment;

/** What a message can be made of: the key decides what the value is. */
export type ContentInput =
  | string
  | { readonly text: string }
  | { readonly image: unknown }
  | { readonly audio: unknown }
  | ChatModelFunctionCall
  | ChatModelSegment
  | RichTextPart;

/**
 * The parts of a message. A string is always text.
 * @throws ColloquyError `invalid-argument`
 */
export function contentParts(content: ContentInput | readonly ContentInput[]): readonly ContentPart[] {
  return Array.isArray(content) ? content.map(contentPart) : [contentPart(content as ContentInput)];
}

function contentPart(input: ContentInput): ContentPart {
  if (typeof input === "string") return { type: "text", text: input };
  if (typeof input === "object" && input !== null) {
    if ("type" in input) {
      if (["functionCall", "segment", "richText"].includes(input.type)) return { ...input };
    } else if ("text" in input && typeof input.text === "string") return { type: "text", text: input.text };
    else if ("image" in input) return mediaPart("image", input.image);
    else if ("audio" in input) return mediaPart("audio", input.audio);
  }
  throw new InvalidArgumentError("A message is text, {text}, {image}, {audio}, or a list of these");
}

function mediaPart(type: ContentType & MediaPart["type"], source: unknown): MediaPart {
  const known = typeof source === "string" || detectContentType(source) !== undefined;
  if (!known) {
    throw new InvalidArgumentError(`{${type}} must be a path, a URL, bytes, or {data, width, height}`);
  }
  return { type, source };
}

/** The text of parts that have one; media are left out, segments too. */
export function partsText(parts: readonly ContentPart[]): string {
  return parts
    .filter((part) => part.type === "text" || part.type === "richText")
    .map((part) => (typeof part.text === "string" ? part.text : JSON.stringify(part.text)))
    .join("");
}
