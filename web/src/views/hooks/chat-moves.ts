import type { Commands } from "../../commands/commands.ts";
import type { ChatState } from "../../state/chat-state.ts";
import type { Panes } from "./use-panes.ts";

export interface ChatMoves {
  start(): void;
  open(id: string): void;
  /** To a neighbour in the list. */
  step(by: number): void;
}

/** From chat to chat; a list that lies over the conversation closes. */
export function chatMoves({ chats, chat }: ChatState, commands: Commands, panes: Panes): ChatMoves {
  const open = (id: string) => {
    panes.leaveList();
    void commands.open(id);
  };
  return {
    open,
    start() {
      panes.leaveList();
      void commands.startChat();
    },
    step(by) {
      const next = chats[chats.findIndex(({ id }) => id === chat?.id) + by];
      if (next !== undefined) open(next.id);
    },
  };
}
