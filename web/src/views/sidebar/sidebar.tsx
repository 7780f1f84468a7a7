import { useState } from "preact/hooks";
import type { SessionSummary } from "../../api/wire.ts";
import type { Commands } from "../../commands/commands.ts";
import { chatGroups } from "../../state/chat-groups.ts";
import type { ChatState } from "../../state/chat-state.ts";
import { Icon, IconButton, type IconName } from "../controls/icon.tsx";
import type { ChatMoves } from "../hooks/chat-moves.ts";
import type { Panes } from "../hooks/use-panes.ts";
import type { Theme } from "../hooks/use-theme.ts";
import { ChatEntry } from "./chat-entry.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { SearchField } from "./search-field.tsx";

interface SidebarProps {
  readonly state: ChatState;
  readonly commands: Commands;
  readonly panes: Panes;
  readonly chats: ChatMoves;
  readonly theme: Theme;
  readonly onTheme: () => void;
  readonly onShortcuts: () => void;
}

export function Sidebar(props: SidebarProps) {
  const { state, commands, panes, chats } = props;
  const [renamed, setRenamed] = useState<SessionSummary>();
  const [doomed, setDoomed] = useState<SessionSummary>();
  return (
    <nav class={`sidebar ${panes.isListShown ? "shown" : ""}`} aria-label="Chats" inert={!panes.isListShown}>
      <div class="sidebar-head">
        <span class="brand">
          <img src="./favicon.svg" alt="" width="24" height="24" /> colloquy
        </span>
        {panes.isListOver && (
          <IconButton name="close" label="Close the list of chats" onClick={panes.leaveList} />
        )}
      </div>
      <button type="button" class="button new-chat" onClick={chats.start} title="New chat (Alt+N)">
        <Icon name="plus" /> New chat
      </button>
      <SearchField search={state.search} onSearch={(text) => void commands.searchChats(text)} />
      <ChatList {...{ state, commands, chats }} onRename={setRenamed} onDelete={setDoomed} />
      <SidebarFoot {...props} />
      {renamed && (
        <RenameDialog
          title={renamed.title}
          onRename={(title) => void commands.rename(renamed.id, title)}
          onClose={() => setRenamed(undefined)}
        />
      )}
      {doomed && (
        <DeleteDialog
          chat={doomed}
          onConfirm={() => void commands.deleteChat(doomed.id)}
          onClose={() => setDoomed(undefined)}
        />
      )}
    </nav>
  );
}

interface ChatListProps extends Pick<SidebarProps, "state" | "commands" | "chats"> {
  readonly onRename: (chat: SessionSummary) => void;
  readonly onDelete: (chat: SessionSummary) => void;
}

function ChatList({ state, commands, chats, onRename, onDelete }: ChatListProps) {
  return (
    <div class="chats">
      {chatGroups(state.chats, new Date()).map((group) => (
        <section key={group.name} aria-label={group.name}>
          <h2 class="group">{group.name}</h2>
          <ul>
            {group.chats.map((chat) => (
              <ChatEntry
                key={chat.id}
                chat={chat}
                isOpen={chat.id === state.chat?.id}
                isWriting={state.replies[chat.id] !== undefined}
                onOpen={() => chats.open(chat.id)}
                onRename={() => onRename(chat)}
                onDelete={() => onDelete(chat)}
              />
            ))}
          </ul>
        </section>
      ))}
      {state.chats.length === 0 && state.search !== "" && (
        <p class="faint none-found" role="status">
          No title holds “{state.search}”.
        </p>
      )}
      {state.moreChats && (
        <button type="button" class="link older" onClick={() => void commands.moreChats()}>
          Older chats
        </button>
      )}
    </div>
  );
}

const themeIcons: Readonly<Record<Theme, IconName>> = { system: "system", light: "sun", dark: "moon" };

function SidebarFoot({ state, theme, onTheme, onShortcuts }: SidebarProps) {
  return (
    <div class="sidebar-foot">
      <IconButton name={themeIcons[theme]} label={`Theme: ${theme}`} shortcut="Alt+T" onClick={onTheme} />
      <IconButton name="keyboard" label="Keyboard shortcuts" shortcut="?" onClick={onShortcuts} />
      {state.info !== null && <span class="faint version">{state.info.version}</span>}
    </div>
  );
}
