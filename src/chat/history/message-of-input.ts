import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { ReplyLike } from "./chat-history-options.ts";
import { ChatMessage, type ChatMessageOptions } from "./chat-message.ts";
import type { ContentInput } from "./content-part.ts";

/** A message in one object: its role, and its content under the name of its type. */
export type MessageInput = { readonly role: string } & ChatMessageOptions &
  ({ readonly text: string } | { readonly image: unknown } | { readonly audio: unknown });

/** What a message can be made of when its role is given apart. */
export type MessageContent = ContentInput | readonly ContentInput[] | ReplyLike | ChatMessage;

/**
 * The message that the arguments of `append` mean.
 * @throws ColloquyError `invalid-argument`; `busy` for a reply that is still being written
 */
export function messageOfInput(
  role: string | ChatMessage | MessageInput,
  content: MessageContent | undefined,
  options: ChatMessageOptions | undefined,
): ChatMessage {
  if (role instanceof ChatMessage) return role;
  if (content instanceof ChatMessage) return content;
  if (typeof role === "object" && role !== null) {
    const { role: name, pinned, tokens, ...rest } = role;
    return new ChatMessage(name, rest as ContentInput, { pinned, tokens });
  }
  if (content === undefined) throw new InvalidArgumentError("A message needs content");
  if (!isReply(content)) return new ChatMessage(role, content, options);
  if (content.running)
    throw new ColloquyError("busy", "The reply is still being written", { hint: "await reply.wait()" });
  return new ChatMessage(role, { text: content.text }, { tokens: content.tokens, ...options });
}

export function isReply(content: unknown): content is ReplyLike {
  return typeof content === "object" && content !== null && "kvCache" in content && "text" in content;
}
