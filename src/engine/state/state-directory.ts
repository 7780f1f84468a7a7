import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { readStateFile, readStateTokens, type SequenceState, writeStateFile } from "./state-file.ts";

const suffix = ".state";
/** Names of our files; whatever else lies in the folder is not touched. */
const namePattern = /^[0-9a-f]{1,16}-[0-9a-f]{24}\.state$/;
const unfinishedPattern = /^[0-9a-f]{1,16}-[0-9a-f]{24}\.state\.\d+\.[0-9a-z]+\.part$/;
/** A file that has been unfinished this long belongs to a process that was killed. */
const unfinishedMsMax = 3_600_000;
/** Two changes so close together may have one time. */
const clockTickMs = 1000;

interface Entry {
  readonly file: string;
  /** `undefined` for states of other models and layouts: they count, and go when they are oldest. */
  readonly tokens: Int32Array | undefined;
  readonly bytes: number;
  readonly lastUseMs: number;
}

export interface StateDirectorySetup {
  readonly directory: string;
  /** Bytes that the folder may hold, whatever models use it. */
  readonly bytesMax: number;
  /** Identifies the model file. */
  readonly model: string;
  /** What else a state depends on. */
  readonly layout: string;
  /** Told what goes wrong, once for each kind of trouble: no conversation ends for it. */
  readonly warn: (message: string) => void;
}

/**
 * States of long beginnings in a folder, so that a restarted program need not evaluate them again. Files are named by
 * model, layout and tokens; the least recently used go first. Several processes may use one folder: a file is there
 * whole or not at all, and what others did is seen before every use. A file that turns out to be damaged is removed.
 */
export class StateDirectory {
  readonly #setup: StateDirectorySetup;
  readonly #directory: string;
  /** By file name, which says what is in the file. */
  readonly #tokens = new Map<string, Int32Array | undefined>();
  readonly #warned = new Set<string>();
  /** What the last look found, and when the folder had changed last. */
  #entries: readonly Entry[] = [];
  #changedMs = Number.NaN;

  constructor(setup: StateDirectorySetup) {
    this.#setup = setup;
    this.#directory = path.resolve(setup.directory);
  }

  /** The state that shares the longest beginning with `target`, if it is longer than `lengthMin`. */
  async find(target: ArrayLike<number>, lengthMin: number): Promise<SequenceState | undefined> {
    let best: Entry | undefined;
    let bestLength = lengthMin;
    for (const entry of await this.#look()) {
      if (entry.tokens === undefined) continue;
      const length = commonPrefixLength(entry.tokens, target);
      if (length > bestLength) [best, bestLength] = [entry, length];
    }
    if (best === undefined) return undefined;
    try {
      const state = await readStateFile(best.file, this.#setup.model, this.#setup.layout);
      // A folder that may only be read serves as well.
      await utimes(best.file, new Date(), new Date()).catch(() => undefined);
      return state;
    } catch (error) {
      // A file that cannot be used costs an evaluation, not a conversation.
      if (!(error instanceof ColloquyError)) throw error;
      await this.#giveUp(best.file, error);
      return undefined;
    }
  }

  /**
   * Keeps a state, unless one that begins with it is kept already; shorter ones that it begins with go.
   * A state that cannot be kept, because the disk is full for instance, costs a later evaluation and a warning.
   */
  async add(state: SequenceState): Promise<void> {
    try {
      await this.#add(state);
    } catch (error) {
      this.#warn(`"${this.#directory}" cannot keep states, prompts will be read again`, error);
    }
  }

  async #add(state: SequenceState): Promise<void> {
    const { bytesMax, layout, model } = this.#setup;
    const needed = state.bytes.byteLength + 4 * state.tokens.length + 4096;
    if (needed > bytesMax) return;
    const entries = await this.#look();
    const beginsWith = (tokens: Int32Array, start: Int32Array) =>
      commonPrefixLength(tokens, start) === start.length;
    if (entries.some(({ tokens }) => tokens !== undefined && beginsWith(tokens, state.tokens))) return;
    await mkdir(this.#directory, { recursive: true });
    const id = createHash("sha256").update(layout).update(state.tokens).digest("hex").slice(0, 24);
    await writeStateFile(
      path.join(this.#directory, `${model.slice(0, 16)}-${id}${suffix}`),
      model,
      layout,
      state,
    );
    for (const { file, tokens } of entries)
      if (tokens !== undefined && beginsWith(state.tokens, tokens)) await remove(file);
    await this.#shrink();
  }

  /** What is there now. */
  async #look(): Promise<readonly Entry[]> {
    try {
      const { mtimeMs } = await stat(this.#directory);
      if (mtimeMs === this.#changedMs && Date.now() - mtimeMs > clockTickMs) return this.#entries;
      this.#entries = await this.#scan();
      this.#changedMs = mtimeMs;
    } catch (error) {
      this.#entries = [];
      this.#changedMs = Number.NaN;
      if (!isAbsent(error)) this.#warn(`"${this.#directory}" cannot be read`, error);
    }
    return this.#entries;
  }

  async #scan(): Promise<Entry[]> {
    const entries: Entry[] = [];
    const names = await readdir(this.#directory);
    for (const name of [...this.#tokens.keys()]) if (!names.includes(name)) this.#tokens.delete(name);
    for (const name of names) {
      const file = path.join(this.#directory, name);
      if (unfinishedPattern.test(name)) await removeUnfinished(file);
      if (!namePattern.test(name)) continue;
      const facts = await stat(file).catch(() => undefined);
      if (facts === undefined) continue;
      if (!this.#tokens.has(name))
        try {
          this.#tokens.set(name, await readStateTokens(file, this.#setup.model, this.#setup.layout));
        } catch (error) {
          await this.#giveUp(file, error as Error);
          continue;
        }
      entries.push({
        file,
        tokens: this.#tokens.get(name),
        bytes: facts.size,
        lastUseMs: facts.mtimeMs,
      });
    }
    return entries;
  }

  /** Others may have added and used files since the last look: counts what is there. */
  async #shrink(): Promise<void> {
    const entries = await this.#scan();
    const byAge = [...entries].sort((a, b) => a.lastUseMs - b.lastUseMs);
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const entry of byAge) {
      if (total <= this.#setup.bytesMax) break;
      total -= entry.bytes;
      await remove(entry.file);
    }
  }

  /** A file could not be used. It goes when it is damaged, and stays when it could not be read. */
  async #giveUp(file: string, error: Error): Promise<void> {
    const { cause = error } = error;
    // Another process removed it meanwhile.
    if (isAbsent(cause)) return;
    if (isSystemError(cause)) return this.#warn(`"${file}" could not be read`, cause);
    this.#tokens.delete(path.basename(file));
    await remove(file);
    this.#warn("A damaged state was removed", error, file);
  }

  #warn(what: string, error: unknown, about = ""): void {
    const reason = error instanceof Error ? error.message : String(error);
    const kind = `${what} ${isSystemError(error) ? error.code : ""} ${about}`;
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.#setup.warn(`cacheDirectory: ${what}: ${reason}`);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function isAbsent(error: unknown): boolean {
  return isSystemError(error) && error.code === "ENOENT";
}

async function remove(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined);
}

async function removeUnfinished(file: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts !== undefined && Date.now() - facts.mtimeMs > unfinishedMsMax) await remove(file);
}
