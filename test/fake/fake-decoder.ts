import type { BatchDecoder, DecodeResult } from "../../src/engine/scheduler/decoder.ts";

export interface FakeEntry {
  readonly token: number;
  readonly position: number;
  readonly sequence: number;
  readonly output: boolean;
}

/** A decoder without a model: records batches and ends them when, and how, a test says. */
export class FakeDecoder implements BatchDecoder {
  readonly batchSize: number;
  /** Every batch that was decoded, in order. */
  readonly batches: FakeEntry[][] = [];
  /** What each sequence holds, by position. */
  readonly cells = new Map<number, number[]>();
  threads = 0;
  /** Decodes that run right now; more than one is a mistake of the scheduler. */
  running = 0;
  aborts = 0;
  /** How the coming decodes end; `"done"` when empty. A number: aborted after so many tokens of the batch. */
  readonly outcomes: (DecodeResult | Error | number)[] = [];
  /** Decodes wait until `finish` is called. */
  held = false;
  /** Told of every batch before it ends: a clock may go on. */
  onDecoded: (batch: readonly FakeEntry[]) => void = () => undefined;
  #batch: FakeEntry[] = [];
  #finish: (() => void) | undefined;
  #aborted = false;

  constructor(batchSize = 64) {
    this.batchSize = batchSize;
  }

  begin(): void {
    this.#batch = [];
  }

  add(token: number, position: number, sequence: number, output: boolean): number {
    return this.#batch.push({ token, position, sequence, output }) - 1;
  }

  async decode(): Promise<DecodeResult> {
    this.running++;
    this.#aborted = false;
    const batch = this.#batch;
    this.batches.push(batch);
    if (this.held)
      await new Promise<void>((resolve) => {
        this.#finish = resolve;
      });
    else await new Promise((resolve) => setImmediate(resolve));
    this.running--;
    this.onDecoded(batch);
    const outcome = this.outcomes.shift() ?? (this.#aborted ? 0 : "done");
    if (outcome instanceof Error) throw outcome;
    if (outcome === "no-room") return outcome;
    const done = outcome === "done" ? batch.length : outcome === "aborted" ? 0 : outcome;
    for (const { token, position, sequence } of batch.slice(0, done)) {
      const cells = this.cells.get(sequence) ?? [];
      cells[position] = token;
      this.cells.set(sequence, cells);
    }
    return outcome === "done" ? "done" : "aborted";
  }

  /** Ends the decode that is held. */
  finish(): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.();
  }

  abort(): void {
    this.aborts++;
    this.#aborted = true;
    this.finish();
  }

  /** One logit: the token at that index of the batch. */
  logits(index: number): Float32Array {
    if (this.#batch[index]?.output !== true) throw new Error(`no logits at ${index}`);
    return Float32Array.of(this.#batch[index].token);
  }

  lastPosition(sequence: number): number {
    return (this.cells.get(sequence)?.length ?? 0) - 1;
  }

  setThreads(count: number): void {
    this.threads = count;
  }
}

/** Lets everything that is due happen. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
