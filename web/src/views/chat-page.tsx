import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Commands } from "../commands/commands.ts";
import type { ChatState } from "../state/chat-state.ts";
import { Composer } from "./composer.tsx";
import { ContextGauge } from "./context-meter.tsx";
import { Conversation } from "./conversation.tsx";
import { type Theme, themeNow, useDrawerFocus, useMedia, useTheme } from "./hooks.ts";
import { IconButton } from "./icon.tsx";
import type { MessageActions } from "./message.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { SettingsPanel } from "./settings-panel.tsx";
import { ShortcutsDialog, useShortcuts } from "./shortcuts.tsx";
import { Sidebar, titleText } from "./sidebar.tsx";

interface ChatPageProps {
  readonly state: ChatState;
  readonly commands: Commands;
}

const nextTheme: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

export function ChatPage({ state, commands }: ChatPageProps) {
  const { chat, info } = state;
  const isNarrow = useMedia("(max-width: 760px)");
  const isPanelOver = useMedia("(max-width: 1120px)");
  const [isListShown, setListShown] = useState(!isNarrow);
  const [isPanelShown, setPanelShown] = useState(!isPanelOver);
  const [areKeysShown, setKeysShown] = useState(false);
  const [suggestion, setSuggestion] = useState({ text: "", count: 0 });
  const [theme, setTheme] = useTheme();
  useEffect(() => setListShown(!isNarrow), [isNarrow]);
  useEffect(() => setPanelShown(!isPanelOver), [isPanelOver]);

  const id = chat?.id ?? "";
  const reply = state.replies[id];
  const actions = useMessageActions(id, commands);
  const closeList = () => isNarrow && setListShown(false);
  const start = () => {
    closeList();
    void commands.startChat();
  };
  const open = (other: string) => {
    closeList();
    void commands.open(other);
  };
  const step = (by: number) => {
    const next = state.chats[state.chats.findIndex((one) => one.id === id) + by];
    if (next !== undefined) open(next.id);
  };
  const toggleTheme = () => setTheme(nextTheme[themeNow()]);
  const dismissLayers = () => {
    if (isNarrow && isListShown) setListShown(false);
    else if (isPanelOver && isPanelShown) setPanelShown(false);
    else void commands.stop(id);
  };
  useShortcuts({
    KeyN: start,
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    KeyR: () => void commands.retry(id),
    KeyZ: () => void commands.undo(id),
    KeyS: () => setPanelShown(!isPanelShown),
    KeyT: toggleTheme,
    "/": () => document.querySelector<HTMLElement>(".composer textarea")?.focus(),
    "?": () => setKeysShown(true),
    Escape: dismissLayers,
  });
  const modelName = info?.model.id ?? "Model";
  const drawer = isNarrow && isListShown ? ".sidebar" : isPanelOver && isPanelShown ? ".panel" : null;
  const isCovered = drawer !== null;
  useDrawerFocus(drawer);
  return (
    <div class={`page ${isListShown ? "with-list" : ""} ${isPanelShown ? "with-panel" : ""}`}>
      <Sidebar
        state={state}
        isShown={isListShown}
        isDrawer={isNarrow}
        theme={theme}
        onTheme={toggleTheme}
        onShortcuts={() => setKeysShown(true)}
        onNew={start}
        onOpen={open}
        onRename={commands.rename}
        onDelete={commands.deleteChat}
        onMore={commands.moreChats}
        onClose={() => setListShown(false)}
      />
      {isCovered && (
        <button type="button" class="veil" tabIndex={-1} aria-label="Close" onClick={dismissLayers} />
      )}
      <main class="main" inert={isCovered}>
        <header class="main-head">
          <IconButton
            name="menu"
            label="List of chats"
            pressed={isListShown}
            onClick={() => setListShown(!isListShown)}
          />
          <div class="headline">
            <h1>{chat === null ? "colloquy" : titleText(chat)}</h1>
            <p class="faint">{modelName}</p>
          </div>
          <IconButton
            name="undo"
            label="Undo the last change"
            shortcut="Alt+Z"
            disabled={chat?.canUndo !== true || reply !== undefined}
            onClick={() => void commands.undo(id)}
          />
          <button
            type="button"
            class="gauge-button"
            aria-expanded={isPanelShown}
            aria-label="Context and settings"
            title="Context and settings (Alt+S)"
            onClick={() => setPanelShown(!isPanelShown)}
          >
            <ContextGauge report={chat?.context ?? null} reply={reply} />
          </button>
        </header>
        {state.connection === "gone" && (
          <div class="notice error" role="alert">
            <p>The server does not answer. Trying again every few seconds; your chats are safe there.</p>
          </div>
        )}
        {state.notice !== null && (
          <NoticeBar
            notice={state.notice}
            onUndo={() => void commands.undo(id)}
            onAnswer={() => void commands.answer(id)}
            onClose={commands.dismiss}
          />
        )}
        {chat === null ? (
          <p class="loading" role="status">
            {state.connection === "gone" ? "" : "One moment…"}
          </p>
        ) : (
          <>
            <Conversation
              chat={chat}
              reply={reply}
              reports={state.reports}
              modelName={modelName}
              actions={actions}
              onAnswer={() => void commands.answer(id)}
              onSuggestion={(text) => setSuggestion({ text, count: suggestion.count + 1 })}
            />
            <Composer
              chatId={id}
              isBusy={reply !== undefined || chat.busy}
              isStopping={reply?.stopping === true}
              isOffline={state.connection !== "open"}
              takesImages={info?.images === true}
              suggestion={suggestion}
              onSend={(text, images) => commands.send(id, text, images)}
              onStop={() => void commands.stop(id)}
              complete={(text, signal) => commands.complete(id, text, signal)}
            />
          </>
        )}
      </main>
      {chat !== null && (
        <SettingsPanel
          chat={chat}
          reply={reply}
          lastRates={state.lastRates}
          contextSize={info?.model.contextSize ?? 0}
          isShown={isPanelShown}
          onChange={(settings) => commands.changeSettings(id, settings)}
          onClose={() => setPanelShown(false)}
        />
      )}
      {areKeysShown && <ShortcutsDialog onClose={() => setKeysShown(false)} />}
    </div>
  );
}

function useMessageActions(id: string, commands: Commands): MessageActions {
  const edit = useCallback<MessageActions["edit"]>(
    async (message, text, answer) => {
      if (!(await commands.editMessage(id, message.id, text))) return false;
      if (answer) void commands.answerAgain(id);
      return true;
    },
    [id, commands],
  );
  return useMemo(
    () => ({
      edit,
      remove: (message) => void commands.removeMessage(id, message.id),
      fork: (message) => void commands.fork(id, message.id),
      retry: () => void commands.retry(id),
      resume: () => void commands.answer(id),
    }),
    [id, commands, edit],
  );
}
