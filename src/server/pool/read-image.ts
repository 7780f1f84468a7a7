import type { ChatMedia } from "../../template/chat-history-items.ts";
import { FieldError, RequestError } from "../http/request-error.ts";
import type { Serving } from "../serving.ts";

/**
 * An image that a request carries as a `data:` URL. Paths and addresses are refused: no request makes the server read a
 * file or fetch something.
 * @throws RequestError `media-unsupported` when the model takes no images; FieldError
 */
export function readImage(value: unknown, param: string, { model }: Pick<Serving, "model">): ChatMedia {
  if (!supportsImages(model)) {
    throw new RequestError(400, "media-unsupported", "This model takes text only, no images", { param });
  }
  const isData =
    typeof value === "string" && /^data:image\/[a-z0-9.+*-]+;base64,[A-Za-z0-9+/]+={0,2}$/i.test(value);
  if (!isData) throw new FieldError(param, "must be an image as a data: URL in base64");
  return { type: "image", source: value };
}

/** Whether chats with this model can hold images. */
export function supportsImages(model: Serving["model"] & { readonly supportsImages?: boolean }): boolean {
  return model.supportsImages === true;
}
