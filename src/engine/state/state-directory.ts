import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { readStateFile, type SequenceState, writeStateFile } from "./state-file.ts";

const suffix = ".state";

interface Entry {
  readonly file: string;
  readonly tokens: Int32Array;
  readonly bytes: number;
  lastUseMs: number;
}

/**
 * States of long beginnings in a folder, so that a restarted program need not evaluate them again. Files are named by
 * model, layout and tokens; the folder is bounded in bytes, least recently used files go first. Damaged files are removed.
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
      const length = commonPrefixLength(entry.tokens, target);
      if (length > bestLength) [best, bestLength] = [entry, length];
    }
    if (best === undefined) return undefined;
    try {
      const state = await readStateFile(best.file, this.#model, this.#layout);
      best.lastUseMs = Date.now();
      await utimes(best.file, new Date(), new Date());
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
    if (entries.some(({ tokens }) => commonPrefixLength(tokens, state.tokens) === state.tokens.length))
      return;
    const needed = state.bytes.length + 4 * state.tokens.length + 4096;
    if (needed > this.#bytesMax) return;
    const included = entries.filter(
      ({ tokens }) => commonPrefixLength(tokens, state.tokens) === tokens.length,
    );
    await mkdir(this.#directory, { recursive: true });
    const id = createHash("sha256").update(this.#layout).update(state.tokens).digest("hex").slice(0, 24);
    const file = path.join(this.#directory, `${this.#model.slice(0, 16)}-${id}${suffix}`);
    const bytes = await writeStateFile(file, this.#model, this.#layout, state);
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
      if (!name.endsWith(suffix) || !name.startsWith(this.#model.slice(0, 16))) continue;
      const file = path.join(this.#directory, name);
      const entry = await readEntry(file, this.#model, this.#layout);
      if (entry !== undefined) entries.push(entry);
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
    await rm(entry.file, { force: true });
  }
}

/** Header and tokens of a file; the state itself is read, and checked, when it is wanted. */
async function readEntry(file: string, model: string, layout: string): Promise<Entry | undefined> {
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
    const { size, mtimeMs } = await stat(file);
    const count = header.tokenCount ?? -1;
    if (header.model !== model || header.layout !== layout || count < 0 || 4 * count > size) return undefined;
    const tokens = new Int32Array(count);
    await handle.read(new Uint8Array(tokens.buffer), 0, 4 * count, 12 + length);
    return { file, tokens, bytes: size, lastUseMs: mtimeMs };
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}
