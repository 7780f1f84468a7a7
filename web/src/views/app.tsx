import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Commands } from "../commands/commands.ts";
import type { ChatAction, ChatState } from "../state/chat-state.ts";
import type { Store } from "../state/store.ts";
import { apiKey } from "./api-key.ts";
import { useStore } from "./hooks/use-store.ts";
import { ChatPage } from "./page/chat-page.tsx";
import { KeyGate } from "./page/key-gate.tsx";

interface AppProps {
  readonly store: Store<ChatState, ChatAction>;
  readonly commands: Commands;
}

/** How often a server that went away is asked again, milliseconds. */
const reconnectMs = 2500;
/** How often a chat that another window writes to is read again, milliseconds. */
const busyMs = 2000;

export function App({ store, commands }: AppProps) {
  const state = useStore(store);
  const [attempts, setAttempts] = useState(0);
  const { connection, chat } = state;

  useEffect(() => {
    if (connection === "open" || connection === "locked") return;
    const timer = setTimeout(
      async () => {
        if (!(await commands.connect())) return setAttempts((count) => count + 1);
        await begin(store, commands);
      },
      attempts === 0 && connection === "connecting" ? 0 : reconnectMs,
    );
    return () => clearTimeout(timer);
  }, [connection, attempts, store, commands]);

  // Before the chat is seen: whoever reloads the page at once gets the same chat.
  useLayoutEffect(() => {
    if (chat === null) return;
    const address = `#/chat/${chat.id}`;
    if (location.hash !== address) history.replaceState(null, "", address);
    document.title = chat.title === "" ? "colloquy" : `${chat.title} · colloquy`;
  }, [chat?.id, chat?.title]);

  // An address that is typed or gone back to. What the page itself writes there is not told.
  useEffect(() => {
    const open = () => {
      const id = askedChat();
      if (id !== undefined && id !== store.state.chat?.id) void commands.open(id);
    };
    addEventListener("hashchange", open);
    return () => removeEventListener("hashchange", open);
  }, [store, commands]);

  const isBusyElsewhere = chat?.busy === true && state.replies[chat.id] === undefined;
  useEffect(() => {
    if (!isBusyElsewhere || connection !== "open") return;
    const timer = setInterval(() => void commands.refresh(), busyMs);
    return () => clearInterval(timer);
  }, [isBusyElsewhere, connection, commands]);

  const onKey = useMemo(
    () => async (key: string) => {
      apiKey.write(key);
      if (await commands.connect()) await begin(store, commands);
    },
    [store, commands],
  );
  if (connection === "locked") return <KeyGate onKey={onKey} />;
  return <ChatPage state={state} commands={commands} />;
}

/** Opens the chat of the page's address, else the last one, else a new one. */
async function begin(store: Store<ChatState, ChatAction>, commands: Commands): Promise<void> {
  const { chat, chats } = store.state;
  if (chat !== null) return commands.refresh();
  const asked = askedChat();
  const known = chats.find(({ id }) => id === asked) ?? chats[0];
  await (known === undefined ? commands.startChat() : commands.open(known.id));
}

/** The chat of the page's address. */
function askedChat(): string | undefined {
  return /^#\/chat\/(.+)$/.exec(location.hash)?.[1];
}
