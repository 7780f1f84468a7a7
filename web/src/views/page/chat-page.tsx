import { useState } from "preact/hooks";
import type { Commands } from "../../commands/commands.ts";
import type { ChatState } from "../../state/chat-state.ts";
import { chatMoves } from "../hooks/chat-moves.ts";
import { focusMessageField, focusSearch } from "../hooks/focus.ts";
import { usePanes } from "../hooks/use-panes.ts";
import { useTheme } from "../hooks/use-theme.ts";
import { SettingsPanel } from "../panel/settings-panel.tsx";
import { Sidebar } from "../sidebar/sidebar.tsx";
import { ChatView } from "./chat-view.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { PageHead } from "./page-head.tsx";
import { ShortcutsDialog, useShortcuts } from "./shortcuts.tsx";

interface ChatPageProps {
  readonly state: ChatState;
  readonly commands: Commands;
}

export function ChatPage({ state, commands }: ChatPageProps) {
  const { chat } = state;
  const id = chat?.id ?? "";
  const reply = state.replies[id];
  const panes = usePanes();
  const [theme, changeTheme] = useTheme();
  const [areKeysShown, showKeys] = useState(false);
  const chats = chatMoves(state, commands, panes);
  const modelName = state.info?.model.id ?? "Model";
  useShortcuts({
    KeyN: chats.start,
    ArrowUp: () => chats.step(-1),
    ArrowDown: () => chats.step(1),
    KeyK: () => {
      panes.showList(true);
      focusSearch();
    },
    KeyR: () => void commands.retry(id),
    KeyZ: () => void commands.undo(id),
    KeyS: () => panes.showPanel(!panes.isPanelShown),
    KeyT: changeTheme,
    "/": focusMessageField,
    "?": () => showKeys(true),
    Escape: () => {
      if (!panes.uncover()) void commands.stop(id);
    },
  });
  return (
    <div class={`page ${panes.isListShown ? "with-list" : ""} ${panes.isPanelShown ? "with-panel" : ""}`}>
      <Sidebar
        {...{ state, commands, panes, theme, chats }}
        onTheme={changeTheme}
        onShortcuts={() => showKeys(true)}
      />
      {panes.isCovered && (
        <button type="button" class="veil" tabIndex={-1} aria-label="Close" onClick={panes.uncover} />
      )}
      <main class="main" inert={panes.isCovered}>
        <PageHead {...{ chat, reply, modelName, panes }} onUndo={() => void commands.undo(id)} />
        <NoticeBar state={state} commands={commands} />
        {chat === null ? (
          <p class="loading" role="status">
            {state.connection === "gone" ? "" : "One moment…"}
          </p>
        ) : (
          <ChatView {...{ state, commands, chat, reply, modelName }} />
        )}
      </main>
      {chat !== null && <SettingsPanel {...{ state, commands, chat, reply, panes }} />}
      {areKeysShown && <ShortcutsDialog onClose={() => showKeys(false)} />}
    </div>
  );
}
