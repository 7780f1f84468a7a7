import { ChatWrapper } from "../chat-wrapper.ts";

/** `system: `, `user: ` and `model: ` lines and nothing else. */
export class EmptyChatWrapper extends ChatWrapper {
  readonly wrapperName = "Empty";
}
