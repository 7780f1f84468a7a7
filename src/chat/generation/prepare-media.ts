import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { MediaLimits } from "../../media/media-source.ts";
import { prepareChatMedia } from "../../media/prepare-chat-media.ts";
import type { PreparedMedia } from "../../media/projector.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { mediaMarker, mediaOf } from "../../template/chat-media.ts";

/**
 * Makes the images and sounds of a history known to its model, before it is rendered.
 * @returns what must be held until the history was evaluated
 * @throws ColloquyError `media-unsupported`, `media-invalid`, `download-failed`; the signal's reason
 */
export async function prepareMedia(
  model: LanguageModel,
  history: readonly ChatHistoryItem[],
  { limits, signal }: { limits?: MediaLimits | undefined; signal?: AbortSignal | undefined },
): Promise<PreparedMedia[]> {
  const media = mediaOf(history).map((one) => ({ ...one, marker: mediaMarker(one) }));
  return [...(await prepareChatMedia(model, media, { limits, signal }))];
}
