import { randomUUID } from "node:crypto";
import Database from "libsql";
import { ColloquyError } from "../../base/errors.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { migrate } from "./migrations.ts";
import type { StoredMessage, StoredSession, StoredSessionHead } from "./stored-session.ts";

/** Changes of one chat that can be undone. */
const undoDepth = 100;

interface SessionRow {
  id: string;
  title: string;
  settings: string;
  created_at: string;
  updated_at: string;
  revision: number;
  parent: number | null;
  message_ids: string;
}

interface MessageRow {
  id: string;
  item: string;
  stop_reason: string | null;
  created_at: string;
  cost: string | null;
}

const selectSession = `SELECT s.id, s.title, s.settings, s.created_at, s.updated_at, s.revision, r.parent, r.message_ids
  FROM sessions s JOIN revisions r ON r.session_id = s.id AND r.number = s.revision`;

/**
 * Chats in an SQLite file. Every call that changes something returns when it is on the disk.
 *
 * `synchronous=FULL` syncs the write-ahead log with every transaction, so that not even a power cut takes what was
 * acknowledged. A chat writes a few times a minute; the price is a few milliseconds each.
 */
export class ChatStore {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /**
   * Opens a file, or makes it; `":memory:"` keeps nothing.
   * @throws ColloquyError `invalid-argument` when it cannot be opened, `unsupported` when it is of a newer version
   */
  static open(path: string): ChatStore {
    let database: Database.Database | undefined;
    try {
      database = new Database(path);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = FULL");
      database.pragma("foreign_keys = ON");
      database.pragma("busy_timeout = 5000");
      migrate(database);
      return new ChatStore(database);
    } catch (cause) {
      database?.close();
      if (cause instanceof ColloquyError) throw cause;
      const reason = (cause as Error).message;
      throw new ColloquyError("invalid-argument", `The store "${path}" cannot be opened: ${reason}`, {
        cause,
      });
    }
  }

  get count(): number {
    return (this.#get("SELECT count(*) AS count FROM sessions") as { count: number }).count;
  }

  create(title: string, settings: unknown, messages: readonly StoredMessage[]): StoredSession {
    const id = randomUUID();
    const now = new Date().toISOString();
    this.#write(() => {
      this.#run(
        "INSERT INTO sessions (id, title, settings, created_at, updated_at, changed, revision) VALUES (?, ?, ?, ?, ?, ?, 0)",
        ...[id, title, JSON.stringify(settings), now, now, this.#nextChange()],
      );
      this.#insertMessages(id, messages);
      this.#insertRevision(id, 0, null, messages);
    });
    return this.require(id);
  }

  /**
   * Chats from the one changed last on; `before` goes on behind that one.
   * @param search only those whose title holds this text; A to Z are the same as a to z
   */
  list(limit: number, before?: string, search = ""): StoredSessionHead[] {
    const rows = this.#database
      .prepare(
        `${selectSession} WHERE s.changed < coalesce((SELECT changed FROM sessions WHERE id = ?), 9e15)
         AND instr(lower(s.title), lower(?)) > 0 ORDER BY s.changed DESC LIMIT ?`,
      )
      .all(before ?? null, search, limit) as SessionRow[];
    return rows.map((row) => headOf(row, idsOf(row).length));
  }

  get(id: string): StoredSession | undefined {
    const row = this.#get(`${selectSession} WHERE s.id = ?`, id) as SessionRow | undefined;
    if (row === undefined) return undefined;
    const rows = this.#database
      .prepare("SELECT id, item, stop_reason, created_at, cost FROM messages WHERE session_id = ?")
      .all(id) as MessageRow[];
    const byId = new Map(rows.map((message) => [message.id, message]));
    const messages = idsOf(row).map((messageId) => messageOf(byId.get(messageId)!));
    return { ...headOf(row, messages.length), messages, canUndo: row.parent !== null };
  }

  /** @throws ColloquyError `range` when there is no such chat */
  require(id: string): StoredSession {
    const session = this.get(id);
    if (session === undefined) throw new ColloquyError("range", "There is no such chat");
    return session;
  }

  /** Changes what is given. */
  update(id: string, { title, settings }: { title?: string; settings?: unknown }): void {
    this.#write(() => {
      if (title !== undefined) this.#run("UPDATE sessions SET title = ? WHERE id = ?", title, id);
      if (settings !== undefined) {
        this.#run("UPDATE sessions SET settings = ? WHERE id = ?", JSON.stringify(settings), id);
      }
      this.#touch(id);
    });
  }

  delete(id: string): void {
    this.#run("DELETE FROM sessions WHERE id = ?", id);
  }

  /**
   * Makes `messages` the messages of a chat.
   * @param joins one undo takes this change back together with the one before
   */
  change(id: string, messages: readonly StoredMessage[], joins = false): void {
    this.#write(() => {
      const { revision, parent } = this.#get(`${selectSession} WHERE s.id = ?`, id) as SessionRow;
      const known = new Set(
        (this.#database.prepare("SELECT id FROM messages WHERE session_id = ?").all(id) as MessageRow[]).map(
          (row) => row.id,
        ),
      );
      this.#insertMessages(
        id,
        messages.filter((message) => !known.has(message.id)),
      );
      this.#insertRevision(id, revision + 1, joins ? parent : revision, messages);
      this.#run("UPDATE sessions SET revision = ? WHERE id = ?", revision + 1, id);
      this.#touch(id);
      if (revision >= undoDepth) this.#forget(id, revision + 1 - undoDepth);
    });
  }

  /** Back to before the last change; `false` when there is none. */
  undo(id: string): boolean {
    return this.#write(() => {
      const { revision, parent } = this.#get(`${selectSession} WHERE s.id = ?`, id) as SessionRow;
      if (parent === null) return false;
      this.#run("UPDATE sessions SET revision = ? WHERE id = ?", parent, id);
      this.#run("DELETE FROM revisions WHERE session_id = ? AND number > ?", id, parent);
      this.#deleteOrphans(id);
      this.#touch(id);
      return revision > parent;
    });
  }

  close(): void {
    this.#database.close();
  }

  #insertMessages(id: string, messages: readonly StoredMessage[]): void {
    const insert = this.#database.prepare(
      "INSERT INTO messages (id, session_id, item, stop_reason, created_at, cost) VALUES (?, ?, ?, ?, ?, ?)",
    );
    for (const { id: messageId, item, stopReason = null, createdAt, cost } of messages) {
      const costText = cost === undefined ? null : JSON.stringify(cost);
      insert.run(messageId, id, JSON.stringify(item), stopReason, createdAt, costText);
    }
  }

  #insertRevision(
    id: string,
    number: number,
    parent: number | null,
    messages: readonly StoredMessage[],
  ): void {
    this.#run(
      "INSERT INTO revisions (session_id, number, parent, message_ids) VALUES (?, ?, ?, ?)",
      ...[id, number, parent, JSON.stringify(messages.map((message) => message.id))],
    );
  }

  /** Drops revisions before `first`, and the messages that only they had. */
  #forget(id: string, first: number): void {
    this.#run("DELETE FROM revisions WHERE session_id = ? AND number < ?", id, first);
    this.#run("UPDATE revisions SET parent = NULL WHERE session_id = ? AND parent < ?", id, first);
    this.#deleteOrphans(id);
  }

  #deleteOrphans(id: string): void {
    this.#run(
      `DELETE FROM messages WHERE session_id = ?1 AND id NOT IN
         (SELECT value FROM revisions, json_each(message_ids) WHERE session_id = ?1)`,
      id,
    );
  }

  #touch(id: string): void {
    this.#run(
      "UPDATE sessions SET updated_at = ?, changed = ? WHERE id = ?",
      ...[new Date().toISOString(), this.#nextChange(), id],
    );
  }

  #nextChange(): number {
    const { last } = this.#get("SELECT max(changed) AS last FROM sessions") as { last: number | null };
    return (last ?? 0) + 1;
  }

  #write<Result>(work: () => Result): Result {
    return this.#database.transaction(work).immediate();
  }

  #get(sql: string, ...values: readonly unknown[]): unknown {
    return this.#database.prepare(sql).get(...values);
  }

  #run(sql: string, ...values: readonly unknown[]): void {
    this.#database.prepare(sql).run(...values);
  }
}

/** A new message, with an id and the time. */
export function newMessage(item: ChatHistoryItem, stopReason?: string, cost?: unknown): StoredMessage {
  const message = { id: randomUUID(), createdAt: new Date().toISOString(), item, stopReason };
  return cost === undefined ? message : { ...message, cost };
}

function headOf(row: SessionRow, messageCount: number): StoredSessionHead {
  return {
    id: row.id,
    title: row.title,
    settings: JSON.parse(row.settings),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    messageCount,
  };
}

function messageOf({ id, item, stop_reason, created_at, cost }: MessageRow): StoredMessage {
  const message = { id, createdAt: created_at, item: JSON.parse(item), stopReason: stop_reason ?? undefined };
  return cost === null ? message : { ...message, cost: JSON.parse(cost) };
}

function idsOf({ message_ids }: SessionRow): string[] {
  return JSON.parse(message_ids);
}
