import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatUserMessage } from "../../template/chat-history-items.ts";
import type { ContentPart } from "../history/content-part.ts";
import { userMessageOf } from "../history/user-media.ts";

/** An image or a sound of a prompt: the address of a file, or its bytes. Exactly one of the four. */
export interface PromptMedia {
  readonly type: "image" | "audio";
  readonly path?: string;
  /** An `http(s):`, `file:` or `data:` URL. */
  readonly url?: string | URL;
  /** The bytes of a file. */
  readonly buffer?: Uint8Array | ArrayBuffer;
  /** The same as `buffer`, or a `data:` URL. */
  readonly data?: Uint8Array | ArrayBuffer | string;
}

/** A piece of a prompt. */
export type PromptPart = string | { readonly type: "text"; readonly text: string } | PromptMedia;

/** What a user asks: a text, or texts and media in their order. */
export type SessionPrompt = string | readonly PromptPart[];

const sourceKeys = ["path", "url", "buffer", "data"] as const;

/**
 * The user's message that a prompt is.
 * @throws ColloquyError `invalid-argument` when it is none
 */
export function userMessageOfPrompt(prompt: SessionPrompt): ChatUserMessage {
  if (typeof prompt === "string") return { type: "user", text: prompt };
  if (!Array.isArray(prompt) || prompt.length === 0)
    throw new InvalidArgumentError("A prompt must be a string or a list of parts");
  return userMessageOf(prompt.map(contentPart));
}

function contentPart(part: PromptPart): ContentPart {
  if (typeof part === "string") return { type: "text", text: part };
  if (part?.type === "text" && typeof part.text === "string") return { type: "text", text: part.text };
  if (part?.type === "image" || part?.type === "audio") {
    const given = sourceKeys.filter((key) => part[key] !== undefined);
    const source = given.length === 1 ? part[given[0]!] : undefined;
    const isBytes = source instanceof Uint8Array || source instanceof ArrayBuffer;
    if (isBytes || source instanceof URL || (typeof source === "string" && source !== ""))
      return { type: part.type, source };
    throw new InvalidArgumentError(`{type: "${part.type}"} needs exactly one of path, url, buffer and data`);
  }
  throw new InvalidArgumentError(
    'A part of a prompt is a string, {type: "text", text}, {type: "image", path | url | buffer | data} or audio alike',
  );
}
