import type { MessageJson } from "../../api/wire.ts";

export interface MessageActions {
  /** Resolves to whether the server took the new text. */
  edit(message: MessageJson, text: string, answer: boolean): Promise<boolean>;
  remove(message: MessageJson): void;
  fork(message: MessageJson): void;
  /** Writes the last reply again. */
  retry(): void;
  /** Goes on with the last reply. */
  resume(): void;
}
