import type Database from "libsql";
import { ColloquyError } from "../../base/errors.ts";

/**
 * Each step brings a file from the version of its index to the next one. Steps are never changed once released.
 *
 * A chat's messages are rows that never change. A revision is the list of messages after a change, and knows the
 * revision that an undo goes back to. A message's cost (version 2) is what its generation took.
 */
export const migrationSteps: readonly string[] = [
  `CREATE TABLE sessions (
     id TEXT PRIMARY KEY,
     title TEXT NOT NULL,
     settings TEXT NOT NULL,
     created_at TEXT NOT NULL,
     updated_at TEXT NOT NULL,
     changed INTEGER NOT NULL,
     revision INTEGER NOT NULL
   );
   CREATE UNIQUE INDEX sessions_changed ON sessions (changed);
   CREATE TABLE messages (
     id TEXT PRIMARY KEY,
     session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
     item TEXT NOT NULL,
     stop_reason TEXT,
     created_at TEXT NOT NULL
   );
   CREATE INDEX messages_session ON messages (session_id);
   CREATE TABLE revisions (
     session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
     number INTEGER NOT NULL,
     parent INTEGER,
     message_ids TEXT NOT NULL,
     PRIMARY KEY (session_id, number)
   );`,
  "ALTER TABLE messages ADD COLUMN cost TEXT;",
];

export const schemaVersion = migrationSteps.length;

/**
 * Brings a store's file up to date.
 * @throws ColloquyError `unsupported` when a newer colloquy has written it
 */
export function migrate(database: Database.Database): void {
  const [row] = database.pragma("user_version") as { user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > schemaVersion) {
    throw new ColloquyError(
      "unsupported",
      `The store has version ${version}, but this colloquy knows versions up to ${schemaVersion}`,
      { hint: "use a newer colloquy" },
    );
  }
  for (const [index, step] of migrationSteps.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(step);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}
