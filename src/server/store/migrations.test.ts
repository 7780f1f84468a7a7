import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatStore, newMessage } from "./chat-store.ts";
import { migrationSteps, schemaVersion } from "./migrations.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "colloquy-migrations-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file as version 1 wrote it, with one chat that has an undone change, and one that is empty. */
const versionOne = `
  CREATE TABLE sessions (id TEXT PRIMARY KEY, title TEXT NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, changed INTEGER NOT NULL, revision INTEGER NOT NULL);
  CREATE UNIQUE INDEX sessions_changed ON sessions (changed);
  CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    item TEXT NOT NULL, stop_reason TEXT, created_at TEXT NOT NULL);
  CREATE INDEX messages_session ON messages (session_id);
  CREATE TABLE revisions (session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    parent INTEGER, message_ids TEXT NOT NULL, PRIMARY KEY (session_id, number));
  INSERT INTO sessions VALUES
    ('s1', 'First', '{"systemPrompt":"Be kind.","sampling":{"temperature":0},"schema":null}',
      '2026-01-02T03:04:05.000Z', '2026-01-02T03:05:00.000Z', 2, 1),
    ('s2', '', '{"systemPrompt":null,"sampling":{},"schema":null}',
      '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 1, 0);
  INSERT INTO messages VALUES
    ('m1', 's1', '{"type":"user","text":"Hello"}', NULL, '2026-01-02T03:04:06.000Z'),
    ('m2', 's1', '{"type":"model","response":["Hi"]}', 'eogToken', '2026-01-02T03:04:07.000Z');
  INSERT INTO revisions VALUES ('s1', 0, NULL, '[]'), ('s1', 1, 0, '["m1","m2"]'), ('s2', 0, NULL, '[]');
  PRAGMA user_version = 1;`;

function fileOf(name: string, sql: string): string {
  const path = join(folder, name);
  const database = new Database(path);
  database.exec(sql);
  database.close();
  return path;
}

describe("a file of version 1", () => {
  test("is opened with everything in it, and goes on as a new one", () => {
    const path = fileOf("one.sqlite", versionOne);
    const store = ChatStore.open(path);
    expect(store.list(10).map(({ id, title }) => [id, title])).toEqual([
      ["s1", "First"],
      ["s2", ""],
    ]);
    const before = store.require("s1");
    expect(before).toMatchObject({
      settings: { systemPrompt: "Be kind.", sampling: { temperature: 0 }, schema: null },
      createdAt: "2026-01-02T03:04:05.000Z",
      canUndo: true,
      messages: [
        { id: "m1", item: { type: "user", text: "Hello" } },
        { id: "m2", item: { type: "model", response: ["Hi"] }, stopReason: "eogToken" },
      ],
    });
    const reply = newMessage({ type: "model", response: ["More"] }, "eogToken", { tokens: 3 });
    store.change("s1", [...before.messages, reply]);
    expect(store.require("s1").messages.at(-1)).toEqual(reply);
    expect(store.undo("s1")).toBe(true);
    expect(store.undo("s1")).toBe(true);
    expect(store.require("s1").messages).toEqual([]);
    store.delete("s2");
    store.close();
    const database = new Database(path);
    expect(database.pragma("user_version")).toEqual([{ user_version: schemaVersion }]);
    database.close();
    const again = ChatStore.open(path);
    expect(again.count).toBe(1);
    again.close();
  });

  test("has the tables that a new file has, afterwards", () => {
    const columnsOf = (path: string) => {
      const database = new Database(path);
      const columns = ["sessions", "messages", "revisions"].map((table) =>
        (database.pragma(`table_info(${table})`) as { name: string; type: string }[]).map(
          ({ name, type }) => [name, type],
        ),
      );
      database.close();
      return columns;
    };
    const old = fileOf("old.sqlite", versionOne);
    ChatStore.open(old).close();
    const fresh = join(folder, "fresh.sqlite");
    ChatStore.open(fresh).close();
    expect(columnsOf(old)).toEqual(columnsOf(fresh));
  });

  test("that cannot be brought up to date stays as it was", () => {
    // A column of the next version is there already.
    const path = fileOf(
      "odd.sqlite",
      versionOne
        .replace(
          "created_at TEXT NOT NULL);\n  CREATE INDEX",
          "created_at TEXT NOT NULL, cost TEXT);\n  CREATE INDEX",
        )
        .replace(/'2026-01-02T03:04:0[67]\.000Z'\)/g, (time) => `${time.slice(0, -1)}, NULL)`),
    );
    expect(() => ChatStore.open(path)).toThrow();
    const database = new Database(path);
    expect(database.pragma("user_version")).toEqual([{ user_version: 1 }]);
    expect(database.prepare("SELECT count(*) AS count FROM messages").get()).toMatchObject({ count: 2 });
    database.close();
  });
});

test("steps that were released are never changed", () => {
  const digests = migrationSteps.map((step) => createHash("sha256").update(step).digest("hex").slice(0, 16));
  expect(digests).toEqual(["e444540efe65ba3f", "dfc61fe5cd914d7e"]);
});
