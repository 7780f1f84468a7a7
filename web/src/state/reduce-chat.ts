import type { MessageJson, PromptEvent, SessionJson, SessionSummary } from "../api/wire.ts";
import type { ChatAction, ChatState, LiveReply } from "./chat-state.ts";
import { beginReply, reduceReply } from "./reduce-reply.ts";

/** The next state. Pure: what talks to the server lies in `commands/`. */
export function reduceChat(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "connected":
      return { ...state, connection: "open", info: action.info };
    case "connection":
      return { ...state, connection: action.connection };
    case "listed":
      return listed(state, action);
    case "searched":
      return { ...state, search: action.search };
    case "opened":
      return { ...withSummary(state, action.chat), chat: action.chat, notice: null };
    case "changed":
      return state.chat?.id === action.chat.id
        ? { ...withSummary(state, action.chat), chat: action.chat }
        : withSummary(state, action.chat);
    case "renamed":
      return {
        ...state,
        chats: state.chats.map((one) => (one.id === action.id ? { ...one, title: action.title } : one)),
        chat: state.chat?.id === action.id ? { ...state.chat, title: action.title } : state.chat,
      };
    case "deleted":
      return {
        ...state,
        chats: state.chats.filter(({ id }) => id !== action.id),
        chat: state.chat?.id === action.id ? null : state.chat,
        replies: without(state.replies, action.id),
      };
    case "asked":
      return asked(state, action);
    case "event":
      return reduceEvent(state, action.chatId, action.event);
    case "stopping":
      return withReply(state, action.chatId, (reply) => ({ ...reply, stopping: true }));
    case "ended":
      return {
        ...state,
        lastRates: state.replies[action.chatId]?.rates ?? state.lastRates,
        replies: without(state.replies, action.chatId),
      };
    case "noticed":
      return { ...state, notice: action.notice };
  }
}

function listed(state: ChatState, action: Extract<ChatAction, { type: "listed" }>): ChatState {
  const known = action.append ? state.chats : [];
  const ids = new Set(known.map(({ id }) => id));
  const fresh = action.sessions.filter(({ id }) => !ids.has(id));
  return { ...state, chats: [...known, ...fresh], moreChats: action.more };
}

function asked(
  state: ChatState,
  { chatId, question, again }: Extract<ChatAction, { type: "asked" }>,
): ChatState {
  const isOpen = state.chat?.id === chatId;
  const chat = isOpen && state.chat !== null && again ? withoutLastReply(state.chat) : state.chat;
  const last = isOpen ? chat?.messages.at(-1) : undefined;
  const continued = question === undefined && last?.role === "model" ? last : undefined;
  const reply = beginReply(question ?? null, continued, rowKeyOf(state, continued));
  return { ...state, chat, notice: null, replies: { ...state.replies, [chatId]: reply } };
}

/** A reply that goes on with a message stays in its row. */
function rowKeyOf({ rowKeys }: ChatState, continued: MessageJson | undefined): string {
  if (continued !== undefined) return rowKeys[continued.id] ?? continued.id;
  return `reply-${Object.keys(rowKeys).length}`;
}

function withoutLastReply(chat: SessionJson): SessionJson {
  if (chat.messages.at(-1)?.role !== "model") return chat;
  return { ...chat, messages: chat.messages.slice(0, -1) };
}

function reduceEvent(state: ChatState, chatId: string, event: PromptEvent): ChatState {
  const reply = state.replies[chatId];
  if (reply === undefined) return state;
  const next = withReply(state, chatId, (one) => reduceReply(one, event));
  switch (event.name) {
    case "message":
      return withMessages(next, chatId, (messages) => [...messages, event.data.message]);
    case "context":
      return next.chat?.id === chatId ? { ...next, chat: { ...next.chat, context: event.data } } : next;
    case "done":
      return finished(next, chatId, reply, event.data);
    case "error":
      return { ...next, notice: { kind: "error", text: event.data.error.message, remedy: "answer" } };
    default:
      return next;
  }
}

function finished(
  state: ChatState,
  chatId: string,
  reply: LiveReply,
  { message, stats }: Extract<PromptEvent, { name: "done" }>["data"],
): ChatState {
  const written = withMessages(state, chatId, (messages) => [
    ...(reply.continues ? messages.slice(0, -1) : messages),
    message,
  ]);
  return {
    ...written,
    lastRates: [...reply.rates, stats.tokensPerSecond],
    rowKeys: { ...state.rowKeys, [message.id]: reply.rowKey },
    replies: without(state.replies, chatId),
  };
}

function withMessages(
  state: ChatState,
  chatId: string,
  change: (messages: readonly MessageJson[]) => readonly MessageJson[],
): ChatState {
  // The list must not call a chat empty that no longer is; its exact count comes when the reply has ended.
  const chats = state.chats.map((one) =>
    one.id === chatId ? { ...one, messageCount: one.messageCount + 1 } : one,
  );
  if (state.chat?.id !== chatId) return { ...state, chats };
  const messages = change(state.chat.messages);
  return { ...state, chats, chat: { ...state.chat, messages, messageCount: messages.length, canUndo: true } };
}

function withReply(state: ChatState, chatId: string, change: (reply: LiveReply) => LiveReply): ChatState {
  const reply = state.replies[chatId];
  if (reply === undefined) return state;
  return { ...state, replies: { ...state.replies, [chatId]: change(reply) } };
}

/** The list's entry follows the chat; the last changed comes first. */
function withSummary(state: ChatState, chat: SessionJson): ChatState {
  const { id, title, createdAt, updatedAt, messageCount, busy } = chat;
  const summary: SessionSummary = { id, title, createdAt, updatedAt, messageCount, busy };
  // A search lists what the server has found, and nothing else.
  if (state.search !== "" && !state.chats.some((one) => one.id === id)) return state;
  const others = state.chats.filter((one) => one.id !== id);
  const chats = [summary, ...others].sort(
    (a, b) => Number(a.updatedAt < b.updatedAt) - Number(a.updatedAt > b.updatedAt),
  );
  return { ...state, chats };
}

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
