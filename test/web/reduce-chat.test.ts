import { describe, expect, test } from "vitest";
import type { MessageJson, PromptEvent, SessionJson } from "../../web/src/api/wire.ts";
import { type ChatAction, type ChatState, initialState } from "../../web/src/state/chat-state.ts";
import { reduceChat } from "../../web/src/state/reduce-chat.ts";

const message = (id: string, role: MessageJson["role"], text: string): MessageJson => ({
  id,
  createdAt: "2026-01-01T00:00:00Z",
  role,
  text,
});

function chat(
  id: string,
  messages: readonly MessageJson[] = [],
  updatedAt = "2026-01-01T00:00:00Z",
): SessionJson {
  return {
    id,
    title: id,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt,
    messageCount: messages.length,
    busy: false,
    settings: { systemPrompt: null, sampling: {}, schema: null },
    messages,
    canUndo: false,
    context: null,
  };
}

const run = (state: ChatState, ...actions: ChatAction[]) => actions.reduce(reduceChat, state);
const events = (chatId: string, ...list: PromptEvent[]): ChatAction[] =>
  list.map((event) => ({ type: "event", chatId, event }));
const stats = { promptTokens: 9, cachedTokens: 4, generatedTokens: 2, tokensPerSecond: 8 };
const context = {
  contextSize: 100,
  usedTokens: 9,
  reusedTokens: 4,
  movedTokens: 0,
  sharedTokens: 0,
  evaluatedTokens: 5,
  promptMs: 3,
};
const open = (messages: readonly MessageJson[] = []) =>
  run(initialState, { type: "opened", chat: chat("a", messages) });
const texts = ({ chat }: ChatState) => chat?.messages.map(({ role, text }) => `${role}: ${text}`);

describe("a reply", () => {
  test("shows the question at once, then the server's message in its place, then the reply's parts", () => {
    const asked = run(open(), { type: "asked", chatId: "a", question: { text: "Hi", images: [] } });
    expect(asked.replies.a).toMatchObject({ asked: { text: "Hi", images: [] }, parts: [], continues: false });
    const writing = run(
      asked,
      ...events(
        "a",
        { name: "message", data: { message: message("1", "user", "Hi") } },
        { name: "context", data: context },
        { name: "segment", data: { segmentType: "thought", text: "Hm", started: true } },
        { name: "segment", data: { segmentType: "thought", text: ".", ended: true } },
        { name: "text", data: { text: "He" } },
        { name: "text", data: { text: "llo" } },
        { name: "stats", data: { generatedTokens: 2, tokensPerSecond: 8 } },
      ),
    );
    expect(texts(writing)).toEqual(["user: Hi"]);
    expect(writing.replies.a).toMatchObject({
      asked: null,
      context,
      generatedTokens: 2,
      rates: [8],
      parts: [
        { type: "segment", segmentType: "thought", text: "Hm.", ended: true },
        { type: "text", text: "Hello" },
      ],
    });
    const done = run(
      writing,
      ...events("a", { name: "done", data: { message: message("2", "model", "Hello"), stats } }),
    );
    expect(texts(done)).toEqual(["user: Hi", "model: Hello"]);
    expect(done.replies).toEqual({});
    expect(done.rowKeys).toEqual({ "2": asked.replies.a?.rowKey });
    expect(done.chat?.canUndo).toBe(true);
    expect(done.lastRates).toEqual([8, 8]);
  });

  test("that goes on with the last message takes its place", () => {
    const before = open([message("1", "user", "Hi"), message("2", "model", "Hel")]);
    const state = run(
      before,
      { type: "asked", chatId: "a" },
      ...events("a", { name: "text", data: { text: "lo" } }),
    );
    expect(state.replies.a).toMatchObject({ continues: true, parts: [{ type: "text", text: "Hello" }] });
    const done = run(
      state,
      ...events("a", { name: "done", data: { message: message("3", "model", "Hello"), stats } }),
    );
    expect(texts(done)).toEqual(["user: Hi", "model: Hello"]);
    expect(done.rowKeys["3"]).toBe("2");
  });

  test("that is written again begins without the old one", () => {
    const before = open([message("1", "user", "Hi"), message("2", "model", "Hello")]);
    const state = run(before, { type: "asked", chatId: "a", again: true });
    expect(texts(state)).toEqual(["user: Hi"]);
    expect(state.replies.a).toMatchObject({ continues: false, parts: [] });
  });

  test("gives each call its result, whichever comes first", () => {
    const state = run(
      open([message("1", "user", "Hi")]),
      { type: "asked", chatId: "a" },
      ...events(
        "a",
        { name: "call", data: { index: 0, name: "f", params: 1 } },
        { name: "call", data: { index: 1, name: "g", params: 2 } },
        { name: "result", data: { index: 1, name: "g", result: "second" } },
        { name: "result", data: { index: 0, name: "f", result: "first" } },
      ),
    );
    expect(state.replies.a?.parts).toEqual([
      { type: "call", name: "f", params: 1, result: "first" },
      { type: "call", name: "g", params: 2, result: "second" },
    ]);
  });

  test("of a chat that is not open changes nothing of the open one", () => {
    const state = run(
      run(open(), { type: "asked", chatId: "a", question: { text: "Hi", images: [] } }),
      { type: "opened", chat: chat("b", [message("9", "user", "Other")]) },
      ...events(
        "a",
        { name: "message", data: { message: message("1", "user", "Hi") } },
        { name: "context", data: context },
        { name: "text", data: { text: "Hello" } },
      ),
    );
    expect(texts(state)).toEqual(["user: Other"]);
    expect(state.chat?.context).toBeNull();
    expect(state.replies.a?.parts).toEqual([{ type: "text", text: "Hello" }]);
    expect(state.chats.find(({ id }) => id === "a")?.messageCount).toBe(1);
  });

  test("that fails says why; events after its end change nothing", () => {
    const error = { message: "Too long", type: "invalid_request_error", param: null, code: "range" as const };
    const failed = run(
      run(open(), { type: "asked", chatId: "a", question: { text: "Hi", images: [] } }),
      ...events("a", { name: "error", data: { error } }),
      { type: "ended", chatId: "a" },
    );
    expect(failed.notice).toEqual({ kind: "error", text: "Too long", remedy: "answer" });
    expect(run(failed, ...events("a", { name: "text", data: { text: "x" } }))).toBe(failed);
  });

  test("keeps the last 48 rates", () => {
    const rates = Array.from({ length: 60 }, (_, index) => index);
    const state = run(
      run(open(), { type: "asked", chatId: "a", question: { text: "Hi", images: [] } }),
      ...rates.flatMap((rate) =>
        events("a", { name: "stats", data: { generatedTokens: rate, tokensPerSecond: rate } }),
      ),
    );
    expect(state.replies.a?.rates).toEqual(rates.slice(-48));
  });
});

describe("the list of chats", () => {
  test("has the last changed first, each once, and pages behind it", () => {
    const state = run(
      initialState,
      { type: "listed", sessions: [chat("a"), chat("b")], more: true },
      { type: "listed", sessions: [chat("b"), chat("c")], more: false, append: true },
      { type: "changed", chat: chat("c", [], "2026-02-01T00:00:00Z") },
    );
    expect(state.chats.map(({ id }) => id)).toEqual(["c", "a", "b"]);
    expect(state.moreChats).toBe(false);
    expect(state.chat).toBeNull();
  });

  test("holds nothing but what a search has found", () => {
    const state = run(
      initialState,
      { type: "searched", search: "a" },
      { type: "listed", sessions: [chat("a")], more: false },
      { type: "changed", chat: chat("b") },
      { type: "changed", chat: { ...chat("a"), title: "aa" } },
    );
    expect(state.chats.map(({ title }) => title)).toEqual(["aa"]);
  });

  test("loses a deleted chat, its reply and its page", () => {
    const state = run(
      open(),
      { type: "asked", chatId: "a", question: { text: "Hi", images: [] } },
      { type: "deleted", id: "a" },
    );
    expect(state).toMatchObject({ chats: [], chat: null, replies: {} });
  });

  test("shows a new title here and in the open chat", () => {
    const state = run(open(), { type: "renamed", id: "a", title: "New" });
    expect([state.chats[0]?.title, state.chat?.title]).toEqual(["New", "New"]);
  });
});
