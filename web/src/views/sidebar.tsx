import { useState } from "preact/hooks";
import type { SessionSummary } from "../api/wire.ts";
import type { ChatState } from "../state/chat-state.ts";
import { ConfirmDialog, RenameDialog } from "./dialogs.tsx";
import type { Theme } from "./hooks.ts";
import { Icon, IconButton, type IconName } from "./icon.tsx";

interface SidebarProps {
  readonly state: ChatState;
  readonly isShown: boolean;
  readonly isDrawer: boolean;
  readonly theme: Theme;
  readonly onTheme: () => void;
  readonly onShortcuts: () => void;
  readonly onNew: () => void;
  readonly onOpen: (id: string) => void;
  readonly onRename: (id: string, title: string) => void;
  readonly onDelete: (id: string) => void;
  readonly onMore: () => void;
  readonly onClose: () => void;
}

const themeIcons: Readonly<Record<Theme, IconName>> = { system: "system", light: "sun", dark: "moon" };

export function Sidebar(props: SidebarProps) {
  const { state, isShown, isDrawer, theme } = props;
  const [renamed, setRenamed] = useState<SessionSummary>();
  const [doomed, setDoomed] = useState<SessionSummary>();
  return (
    <nav class={`sidebar ${isShown ? "shown" : ""}`} aria-label="Chats" inert={!isShown}>
      <div class="sidebar-head">
        <span class="brand">
          <img src="./favicon.svg" alt="" width="24" height="24" /> colloquy
        </span>
        {isDrawer && <IconButton name="close" label="Close the list of chats" onClick={props.onClose} />}
      </div>
      <button type="button" class="button new-chat" onClick={props.onNew} title="New chat (Alt+N)">
        <Icon name="plus" /> New chat
      </button>
      <ul class="chats">
        {state.chats.map((chat) => (
          <li key={chat.id} class={chat.id === state.chat?.id ? "current" : ""}>
            <button
              type="button"
              class="chat-name"
              aria-current={chat.id === state.chat?.id ? "page" : undefined}
              onClick={() => props.onOpen(chat.id)}
            >
              <span class="title">{titleText(chat)}</span>
              {state.replies[chat.id] !== undefined && (
                <span class="pulse" title="A reply is being written" />
              )}
            </button>
            <div class="chat-actions">
              <IconButton
                name="pencil"
                label={`Rename ${titleText(chat)}`}
                onClick={() => setRenamed(chat)}
              />
              <IconButton name="trash" label={`Delete ${titleText(chat)}`} onClick={() => setDoomed(chat)} />
            </div>
          </li>
        ))}
        {state.moreChats && (
          <li>
            <button type="button" class="link" onClick={props.onMore}>
              Older chats
            </button>
          </li>
        )}
      </ul>
      <div class="sidebar-foot">
        <IconButton
          name={themeIcons[theme]}
          label={`Theme: ${theme}`}
          shortcut="Alt+T"
          onClick={props.onTheme}
        />
        <IconButton name="keyboard" label="Keyboard shortcuts" shortcut="?" onClick={props.onShortcuts} />
        {state.info !== null && <span class="faint version">{state.info.version}</span>}
      </div>
      {renamed && (
        <RenameDialog
          title={renamed.title}
          onRename={(title) => props.onRename(renamed.id, title)}
          onClose={() => setRenamed(undefined)}
        />
      )}
      {doomed && (
        <ConfirmDialog
          question={`Delete “${titleText(doomed)}”?`}
          text={`Its ${doomed.messageCount} messages are removed from the server for good.`}
          action="Delete"
          onConfirm={() => props.onDelete(doomed.id)}
          onClose={() => setDoomed(undefined)}
        />
      )}
    </nav>
  );
}

export function titleText({ title }: { readonly title: string }): string {
  return title === "" ? "New chat" : title;
}
