import type { Chat } from "./chat.ts";

/** Whether the chat ends with the command. */
// biome-ignore lint/suspicious/noConfusingVoidType: most commands return nothing at all
export type CommandEnd = "leave" | void;

/** One command of the chat. */
export interface ChatCommand {
  /** Without the slash; the first one is its name, others are other words for it. */
  readonly names: readonly [string, ...string[]];
  /** What comes behind it, for the help. */
  readonly argument?: string;
  readonly help: string;
  /** Its argument is a file: completion offers file names. */
  readonly takesFile?: boolean;
  /**
   * @param argument what was typed behind the name, trimmed
   * @param signal stops a reply that the command asks for
   * @returns `"leave"` to end the chat
   */
  run(chat: Chat, argument: string, signal: AbortSignal): Promise<CommandEnd> | CommandEnd;
}
