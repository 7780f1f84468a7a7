import { existsSync, readFileSync } from "node:fs";
import { benchFolder } from "../runner/folders.ts";
import { UnsupportedError } from "../runner/protocol.ts";
import {
  type ContextLike,
  type Library,
  type LibrarySide,
  lookupDrafts,
  type SessionLike,
} from "./library.ts";

const packageFolder = new URL("node_modules/node-llama-cpp/", benchFolder);

async function load(): Promise<Library> {
  const entry = new URL("dist/index.js", packageFolder);
  if (!existsSync(entry))
    throw new UnsupportedError("node-llama-cpp is not installed: run `npm ci` in bench/");
  return (await import(entry.href)) as Library;
}

/** It has no fork: the nearest thing is a session of the same history on a free sequence. */
async function fork(library: Library, session: SessionLike, context: ContextLike): Promise<SessionLike> {
  const copy = new library.LlamaChatSession({ contextSequence: context.getSequence() });
  copy.setChatHistory(session.getChatHistory());
  return copy;
}

function peerSide(
  name: string,
  threadOptions: (threads: number) => Readonly<Record<string, number>>,
): LibrarySide {
  return {
    name,
    load,
    // Left alone, it probes for GPUs, and downloads or compiles what it does not find.
    llamaOptions: (threads) => ({
      gpu: false,
      build: "never",
      skipDownload: true,
      logLevel: "error",
      ...threadOptions(threads),
    }),
    draftOptions: lookupDrafts,
    fork,
    about() {
      const manifest = JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8")) as {
        version: string;
      };
      return `node-llama-cpp ${manifest.version}`;
    },
  };
}

export const peer = peerSide("peer", () => ({}));
export const peerWithCores = peerSide("peer-cores", (threads) => ({ maxThreads: threads }));
