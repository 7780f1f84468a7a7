import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { ColloquyError } from "../base/errors.ts";

/** What is saved of a sequence whose cells are elsewhere: enough to evaluate it again. */
export interface RemoteState {
  /** Identifies the model file that the vocabulary came from. */
  readonly model: string;
  readonly sessionKey: string;
  readonly tokens: readonly number[];
}

const format = "colloquy remote sequence";

/** Writes under a temporary name and renames: there is never half a file under `path`. */
export async function writeRemoteState(path: string, state: RemoteState): Promise<{ fileSize: number }> {
  const text = JSON.stringify({ format, version: 1, ...state });
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { fileSize: Buffer.byteLength(text) };
}

/** @throws ColloquyError `state-file-invalid`, `state-file-mismatch` */
export async function readRemoteState(path: string, model: string): Promise<RemoteState> {
  let state: (Partial<RemoteState> & { format?: unknown; version?: unknown }) | null;
  try {
    state = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new ColloquyError(
      "state-file-invalid",
      `"${path}" could not be read as a remote sequence's state`,
      {
        cause,
      },
    );
  }
  const isTokens =
    Array.isArray(state?.tokens) && state.tokens.every((token) => Number.isInteger(token) && token >= 0);
  if (state?.format !== format || state.version !== 1 || !isTokens || typeof state.sessionKey !== "string")
    throw new ColloquyError("state-file-invalid", `"${path}" is not the state of a remote sequence`);
  if (state.model !== model)
    throw new ColloquyError("state-file-mismatch", `"${path}" was saved with another model`);
  return state as RemoteState;
}
