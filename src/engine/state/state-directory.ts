import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { readStateFile, type SequenceState, writeStateFile } from "./state-file.ts";

const suffix = ".state";
/** Names of our files; whatever else lies in the folder is not touched. */
const namePattern = /^[0-9a-f]{1,16}-[0-9a-f]{24}\.state$/;
const unfinishedPattern = /^[0-9a-f]{1,16}-[0-9a-f]{24}\.state\.\d+\.[0-9a-z]+\.part$/;
/** A file that has been unfinished this long belongs to a process that was killed. */
const unfinishedMsMax = 3_600_000;

interface Entry {
  readonly file: string;
  /** `undefined` for states of other models and layouts, and damaged files: they count, and go when they are oldest. */
  readonly tokens: Int32Array | undefined;
  readonly bytes: number;
  lastUseMs: number;
}

/**
 * States of long beginnings in a folder, so that a restarted program need not evaluate them again. Files are named by
 * model, layout and tokens; the folder is bounded in bytes whatever models use it, least recently used files go first.
 * A file that turns out to be damaged when it is wanted is removed.
 */
export class StateDirectory {
  readonly #directory: string;
  readonly #bytesMax: number;
  readonly #model: string;
  readonly #layout: string;
  #entries: Promise<Entry[]> | undefined;

  constructor(directory: string, bytesMax: number, model: string, layout: string) {
    this.#directory = path.resolve(directory);
    this.#bytesMax = bytesMax;
    this.#model = model;
    this.#layout = layout;
  }

  /** The state that shares the longest beginning with `target`, if it is longer than `lengthMin`. */
  async find(target: ArrayLike<number>, lengthMin: number): Promise<SequenceState | undefined> {
    let best: Entry | undefined;
    let bestLength = lengthMin;
    for (const entry of await this.#list()) {
      if (entry.tokens === undefined) continue;
      const length = commonPrefixLength(entry.tokens, target);
      if (length > bestLength) [best, bestLength] = [entry, length];
    }
    if (best === undefined) return undefined;
    try {
      const state = await readStateFile(best.file, this.#model, this.#layout);
      best.lastUseMs = Date.now();
      // A folder that may only be read serves as well.
      await utimes(best.file, new Date(), new Date()).catch(() => undefined);
      return state;
    } catch (error) {
      // A file that cannot be used costs an evaluation, not a conversation.
      if (!(error instanceof ColloquyError)) throw error;
      await this.#remove(best);
      return undefined;
    }
  }

  /** Keeps a state, unless one that begins with it is kept already; shorter ones that it begins with go. */
  async add(state: SequenceState): Promise<void> {
    const entries = await this.#list();
    const beginsWith = (tokens: Int32Array, start: Int32Array) =>
      commonPrefixLength(tokens, start) === start.length;
    if (entries.some(({ tokens }) => tokens !== undefined && beginsWith(tokens, state.tokens))) return;
    const needed = state.bytes.byteLength + 4 * state.tokens.length + 4096;
    if (needed > this.#bytesMax) return;
    const included = entries.filter(({ tokens }) => tokens !== undefined && beginsWith(state.tokens, tokens));
    await mkdir(this.#directory, { recursive: true });
    const id = createHash("sha256").update(this.#layout).update(state.tokens).digest("hex").slice(0, 24);
    const file = path.join(this.#directory, `${this.#model.slice(0, 16)}-${id}${suffix}`);
    const bytes = await writeStateFile(file, this.#model, this.#layout, state);
    const replaced = entries.findIndex((entry) => entry.file === file);
    if (replaced >= 0) entries.splice(replaced, 1);
    for (const entry of included) await this.#remove(entry);
    entries.push({ file, tokens: state.tokens.slice(), bytes, lastUseMs: Date.now() });
    await this.#shrink();
  }

  #list(): Promise<Entry[]> {
    this.#entries ??= this.#scan();
    return this.#entries;
  }

  async #scan(): Promise<Entry[]> {
    let names: string[];
    try {
      names = await readdir(this.#directory);
    } catch {
      return [];
    }
    const entries: Entry[] = [];
    for (const name of names) {
      const file = path.join(this.#directory, name);
      if (unfinishedPattern.test(name)) await removeUnfinished(file);
      if (!namePattern.test(name)) continue;
      const facts = await stat(file).catch(() => undefined);
      if (facts === undefined) continue;
      const tokens = await readTokens(file, facts.size, this.#model, this.#layout);
      entries.push({ file, tokens, bytes: facts.size, lastUseMs: facts.mtimeMs });
    }
    return entries;
  }

  async #shrink(): Promise<void> {
    const entries = await this.#list();
    const byAge = [...entries].sort((a, b) => a.lastUseMs - b.lastUseMs);
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const entry of byAge) {
      if (total <= this.#bytesMax) break;
      total -= entry.bytes;
      await this.#remove(entry);
    }
  }

  async #remove(entry: Entry): Promise<void> {
    const entries = await this.#list();
    const index = entries.indexOf(entry);
    if (index >= 0) entries.splice(index, 1);
    await rm(entry.file, { force: true }).catch(() => undefined);
  }
}

async function removeUnfinished(file: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts !== undefined && Date.now() - facts.mtimeMs > unfinishedMsMax)
    await rm(file, { force: true }).catch(() => undefined);
}

/** The tokens of a file of this model and layout; the state itself is read, and checked, when it is wanted. */
async function readTokens(
  file: string,
  size: number,
  model: string,
  layout: string,
): Promise<Int32Array | undefined> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const head = Buffer.alloc(12);
    await handle.read(head, 0, 12, 0);
    const length = head.readUInt32LE(8);
    if (length > 1 << 16) return undefined;
    const json = Buffer.alloc(length);
    await handle.read(json, 0, length, 12);
    const header = JSON.parse(json.toString("utf8")) as {
      model?: string;
      layout?: string;
      tokenCount?: number;
    };
    const count = header.tokenCount ?? -1;
    if (header.model !== model || header.layout !== layout || count < 0 || 4 * count > size) return undefined;
    const tokens = new Int32Array(count);
    await handle.read(new Uint8Array(tokens.buffer), 0, 4 * count, 12 + length);
    return tokens;
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}
