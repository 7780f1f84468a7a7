import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { rootFolder } from "../runner/folders.ts";
import {
  type Library,
  type LibrarySide,
  lookupDrafts,
  type SequenceLike,
  type SessionLike,
} from "./library.ts";

interface OwnSequence extends SequenceLike {
  fork(): Promise<SequenceLike>;
}

async function fork(library: Library, session: SessionLike): Promise<SessionLike> {
  const contextSequence = await (session.sequence as OwnSequence).fork();
  const copy = new library.LlamaChatSession({ contextSequence });
  copy.setChatHistory(session.getChatHistory());
  return copy;
}

/** Another build can be named, an earlier commit's for instance, to compare with that. */
const entry = process.env.COLLOQUY_BENCH_ENTRY
  ? pathToFileURL(process.env.COLLOQUY_BENCH_ENTRY)
  : new URL("dist/index.js", rootFolder);

export const ours: LibrarySide = {
  name: "ours",
  load: async () => (await import(entry.href)) as Library,
  llamaOptions: (threads) => ({ gpu: false, maxThreads: threads }),
  draftOptions: lookupDrafts,
  noDraftOptions: { drafts: false },
  shiftOptions: { edit: "shift" },
  fork,
  about() {
    const manifest = JSON.parse(readFileSync(new URL("package.json", rootFolder), "utf8")) as {
      version: string;
    };
    return `colloquy ${manifest.version}`;
  },
};
