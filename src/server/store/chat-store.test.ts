import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { ChatStore, newMessage } from "./chat-store.ts";
import type { StoredMessage } from "./stored-session.ts";

const folders: string[] = [];
function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "colloquy-store-"));
  folders.push(folder);
  return join(folder, "chats.sqlite");
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const user = (text: string) => newMessage({ type: "user", text });
const texts = (messages: readonly StoredMessage[]) =>
  messages.map(({ item }) => (item.type === "user" ? item.text : item.type));

describe("chats", () => {
  test("are there again after the file is opened again", () => {
    const path = newFile();
    const store = ChatStore.open(path);
    const reply = newMessage(
      {
        type: "model",
        response: ["Hi", { type: "segment", segmentType: "thought", text: "x", ended: true }],
      },
      "eogToken",
      { stats: { generatedTokens: 2 } },
    );
    const { id } = store.create("One", { a: [1] }, [user("Hello")]);
    store.change(id, [...store.require(id).messages, reply]);
    const before = store.require(id);
    store.close();
    const again = ChatStore.open(path);
    expect(again.require(id)).toEqual(before);
    expect(before).toMatchObject({ title: "One", settings: { a: [1] }, messageCount: 2, canUndo: true });
    expect(before.messages[1]).toEqual(reply);
    again.close();
  });

  test("are listed from the last changed one on, page by page", () => {
    const store = ChatStore.open(":memory:");
    const ids = ["a", "b", "c"].map((title) => store.create(title, {}, []).id);
    store.update(ids[0]!, { title: "a2" });
    const all = store.list(10).map(({ title }) => title);
    expect(all).toEqual(["a2", "c", "b"]);
    expect(store.list(2).map(({ title }) => title)).toEqual(["a2", "c"]);
    expect(store.list(2, ids[2]).map(({ title }) => title)).toEqual(["b"]);
    store.close();
  });

  test("are found by a part of their title, whatever stands in it", () => {
    const store = ChatStore.open(":memory:");
    for (const title of ["Bread", "100 % bread", "Über", "a_b"]) store.create(title, {}, []);
    const found = (search: string) => store.list(10, undefined, search).map(({ title }) => title);
    expect(found("BREAD")).toEqual(["100 % bread", "Bread"]);
    expect(found("%")).toEqual(["100 % bread"]);
    expect(found("_")).toEqual(["a_b"]);
    expect(found("Über")).toEqual(["Über"]);
    expect(found("x")).toEqual([]);
    store.close();
  });

  test("one that is deleted leaves nothing behind", () => {
    const path = newFile();
    const store = ChatStore.open(path);
    const { id } = store.create("", {}, [user("a")]);
    store.delete(id);
    expect(store.get(id)).toBeUndefined();
    expect(store.count).toBe(0);
    store.close();
    const database = new Database(path);
    for (const table of ["sessions", "messages", "revisions"]) {
      expect(database.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
    }
    database.close();
  });
});

describe("undo", () => {
  test("takes a change back, and joined changes together", () => {
    const store = ChatStore.open(":memory:");
    const { id } = store.create("", {}, []);
    const [one, two, three] = [user("1"), user("2"), user("3")];
    store.change(id, [one]);
    store.change(id, [one, two]);
    store.change(id, [one, two, three], true);
    expect(store.undo(id)).toBe(true);
    expect(texts(store.require(id).messages)).toEqual(["1"]);
    expect(store.undo(id)).toBe(true);
    expect(store.undo(id)).toBe(false);
    expect(store.require(id)).toMatchObject({ messages: [], canUndo: false });
    store.close();
  });

  test("seeded random changes, against lists in memory", () => {
    const random = seededRandom(9);
    const store = ChatStore.open(":memory:");
    const { id } = store.create("", {}, []);
    const history: StoredMessage[][] = [[]];
    for (let step = 0; step < 400; step++) {
      const now = history.at(-1)!;
      if (random() < 0.3) {
        const possible = history.length > 1;
        expect(store.undo(id)).toBe(possible);
        if (possible) history.pop();
      } else {
        const next = [...now];
        const at = Math.floor(random() * (next.length + 1));
        next.splice(at, random() < 0.4 ? 1 : 0, ...(random() < 0.7 ? [user(`m${step}`)] : []));
        store.change(id, next);
        history.push(next);
      }
      expect(store.require(id).messages).toEqual(history.at(-1));
    }
    store.close();
  });

  test("goes back a hundred changes and keeps no more", () => {
    const path = newFile();
    const store = ChatStore.open(path);
    const { id } = store.create("", {}, []);
    for (let i = 0; i < 150; i++) store.change(id, [user(`m${i}`)]);
    let undone = 0;
    while (store.undo(id)) undone++;
    expect(undone).toBe(100);
    expect(texts(store.require(id).messages)).toEqual(["m49"]);
    store.close();
    const database = new Database(path);
    expect(database.prepare("SELECT * FROM messages").all()).toHaveLength(1);
    database.close();
  });
});

describe("files", () => {
  test("a file of a newer version is refused and stays as it is", () => {
    const path = newFile();
    ChatStore.open(path).close();
    const database = new Database(path);
    database.pragma("user_version = 99");
    database.close();
    expect(() => ChatStore.open(path)).toThrowError(expect.objectContaining({ code: "unsupported" }));
    const after = new Database(path);
    expect(after.pragma("user_version")).toEqual([{ user_version: 99 }]);
    after.close();
  });

  test("a path that cannot be opened is refused", () => {
    expect(() => ChatStore.open(join(newFile(), "no", "such", "folder"))).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  test("a file of the first version is brought up to date, and nothing in it is lost", () => {
    const path = newFile();
    const store = ChatStore.open(path);
    const { id } = store.create("One", {}, [user("Hello")]);
    const before = store.require(id);
    store.close();
    const database = new Database(path);
    database.exec("ALTER TABLE messages DROP COLUMN cost");
    database.pragma("user_version = 1");
    database.close();
    const again = ChatStore.open(path);
    expect(again.require(id)).toEqual(before);
    const costly = newMessage({ type: "model", response: ["Hi"] }, "eogToken", { tokens: 1 });
    again.change(id, [...before.messages, costly]);
    expect(again.require(id).messages[1]).toEqual(costly);
    again.close();
  });

  test("the file has a write-ahead log", () => {
    const path = newFile();
    const store = ChatStore.open(path);
    const database = new Database(path);
    expect(database.pragma("journal_mode")).toMatchObject([{ journal_mode: "wal" }]);
    database.close();
    store.close();
  });
});
