import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { ColloquyError } from "../base/errors.ts";
import type { Token } from "../engine/token.ts";
import type { RemoteSampling } from "./remote-engine.ts";

/** What is saved of a sequence whose cells are elsewhere: enough to evaluate it again, and to go on as before. */
export interface RemoteState {
  /** Identifies the vocabulary. */
  readonly model: string;
  readonly sessionKey: string;
  readonly tokens: readonly Token[];
  /** How the last reply was drawn, its seed included; nothing where there was none. */
  readonly sampling?: RemoteSampling;
}

/** JSON has no map and no infinity: a list of pairs, in which `null` is "never". */
type WrittenBias = readonly (readonly [number, number | null])[];
type Written = Omit<Partial<RemoteState>, "sampling"> & {
  readonly format?: unknown;
  readonly version?: unknown;
  readonly sampling?: Omit<RemoteSampling, "tokenBias"> & { readonly tokenBias?: WrittenBias };
};

const format = "colloquy remote sequence";
const version = 2;

/** Writes under a temporary name and renames: there is never half a file under `path`. */
export async function writeRemoteState(path: string, state: RemoteState): Promise<{ fileSize: number }> {
  const { sampling } = state;
  const tokenBias = sampling?.tokenBias && [...sampling.tokenBias];
  const text = JSON.stringify({
    format,
    version,
    ...state,
    sampling: sampling && { ...sampling, tokenBias },
  });
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
  let state: Written | null;
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
  if (state?.format !== format || state.version !== version || !isComplete(state))
    throw new ColloquyError("state-file-invalid", `"${path}" is not the state of a remote sequence`);
  if (state.model !== model)
    throw new ColloquyError("state-file-mismatch", `"${path}" was saved with another model`);
  const { sampling, sessionKey, tokens } = state as Written & RemoteState;
  return {
    model,
    sessionKey,
    tokens,
    sampling: sampling && readSampling(sampling as Written["sampling"] & {}),
  };
}

function isComplete({ sampling, sessionKey, tokens }: Written): boolean {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof sessionKey !== "string" || !Array.isArray(tokens) || !tokens.every(isCount)) return false;
  if (sampling === undefined) return true;
  if (sampling === null || typeof sampling !== "object") return false;
  const { temperature, topK, topP, minP, seed, tokenBias } = sampling;
  return (
    [temperature, topK, topP, minP].every(Number.isFinite) &&
    (seed === undefined || isCount(seed)) &&
    (tokenBias === undefined || (Array.isArray(tokenBias) && tokenBias.every((pair) => Array.isArray(pair))))
  );
}

function readSampling({ tokenBias, ...others }: Written["sampling"] & {}): RemoteSampling {
  const pairs = tokenBias?.map(
    ([token, bias]) => [token as Token, bias ?? Number.NEGATIVE_INFINITY] as const,
  );
  return { ...others, tokenBias: pairs && new Map(pairs) };
}
