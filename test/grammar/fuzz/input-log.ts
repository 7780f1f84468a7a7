import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

export type Phase = "engine" | "oracle";

/** What a worker is at: the input, who is being asked about it, and since when. */
export interface InputAtWork {
  readonly index: number;
  readonly phase: Phase;
  readonly since: number;
  readonly id: string;
  readonly text: string;
}

/** Digits of an index. */
const INDEX_WIDTH = 12;

/**
 * A file that tells what is being tried right now, so that an input can be named that never ends. It is written before
 * each call; whoever watches reads it from another process, which also works while this one is stuck.
 */
export class InputLog {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  begin(index: number, id: string, text: string): void {
    ftruncateSync(this.#file, 0);
    writeSync(this.#file, `oracle ${Date.now()} ${String(index).padStart(INDEX_WIDTH)} ${id}\n${text}\n`, 0);
  }

  enter(phase: Phase): void {
    writeSync(this.#file, `${phase} ${Date.now()}`, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What the file says, or `undefined` while it is being written. */
export function readInputLog(path: string): InputAtWork | undefined {
  const [head = "", ...lines] = readFileSync(path, "utf8").split("\n");
  const found = /^(engine|oracle) (\d+) +(\d+) (\S+)$/.exec(head);
  if (found === null) return undefined;
  const [, phase, since, index, id] = found as unknown as [string, Phase, string, string, string];
  return { phase, since: Number(since), index: Number(index), id, text: lines.join("\n").trimEnd() };
}
