import { ColloquyError } from "../../base/errors.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { PreparedMedia } from "../../media/projector.ts";
import type { ChatMedia } from "../../template/chat-history-items.ts";
import { mediaMarker } from "../../template/chat-media.ts";
import { prepareMedia } from "../generation/prepare-media.ts";
import type { ChatMessage } from "./chat-message.ts";
import { mediaOfPart } from "./user-media.ts";

function mediaOfMessages(messages: readonly ChatMessage[]): ChatMedia[] {
  return messages
    .flatMap(({ parts }) => parts)
    .flatMap((part) => (part.type === "image" || part.type === "audio" ? [mediaOfPart(part)] : []));
}

/**
 * Reads the images and sounds of messages for a model.
 * @returns what must be held for as long as their tokens are used
 * @throws ColloquyError `media-unsupported`, `media-invalid`, `download-failed`; the signal's reason
 */
export function prepareMessages(
  messages: readonly ChatMessage[],
  model: LanguageModel,
  signal: AbortSignal | undefined,
): Promise<readonly PreparedMedia[]> {
  return prepareMedia(model, [{ type: "user", text: "", media: mediaOfMessages(messages) }], { signal });
}

/** @throws ColloquyError `media-unsupported` when an image or sound has not been read: it would have no tokens */
export function checkPrepared(messages: readonly ChatMessage[], model: LanguageModel): void {
  const missing = mediaOfMessages(messages).find(
    (media) => model.spans?.tokensOf(mediaMarker(media)) === undefined,
  );
  if (missing === undefined) return;
  throw new ColloquyError(
    "media-unsupported",
    `The chat holds ${missing.type === "image" ? "an image" : "a sound"} that was not read`,
    {
      hint: "await history.prepareMedia() first; the model needs a projector for it",
    },
  );
}
