import { readFileSync } from "node:fs";
import { rootFolder } from "../runner/folders.ts";
import type { ContextLike, HistoryItem, Library, LibrarySide, SequenceLike, SessionLike } from "./library.ts";

interface OwnSequence extends SequenceLike {
  fork?(): Promise<SequenceLike> | SequenceLike;
}

interface OwnSession extends SessionLike {
  fork?(): Promise<SessionLike> | SessionLike;
  setChatHistory(history: HistoryItem[], options?: { edit?: "exact" | "shift" }): void;
}

async function fork(library: Library, session: SessionLike, context: ContextLike): Promise<SessionLike> {
  const own = session as OwnSession;
  if (own.fork != null) return own.fork();
  const sequence = session.sequence as OwnSequence;
  const contextSequence = sequence.fork != null ? await sequence.fork() : context.getSequence();
  const copy = new library.LlamaChatSession({ contextSequence });
  copy.setChatHistory(session.getChatHistory());
  return copy;
}

export const ours: LibrarySide = {
  name: "ours",
  load: async () => (await import(new URL("dist/index.js", rootFolder).href)) as Library,
  llamaOptions: (cores) => ({ gpu: false, maxThreads: cores }),
  evaluatedTokens: (sequence) => sequence.tokenMeter.usedInputTokens,
  draftOptions: (_library, drafts) => ({ drafts }),
  fork,
  shiftEdit: (session, history) => (session as OwnSession).setChatHistory(history, { edit: "shift" }),
  about() {
    const manifest = JSON.parse(readFileSync(new URL("package.json", rootFolder), "utf8")) as {
      version: string;
    };
    return `colloquy ${manifest.version}`;
  },
};
