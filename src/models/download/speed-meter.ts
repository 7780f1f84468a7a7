/** Speed over the last seconds, so that a stalled or resumed download does not show its old average. */
export class SpeedMeter {
  readonly #now: () => number;
  readonly #windowMs: number;
  /** Bytes moved, by the tenth of a second in which they moved. */
  #moves: { at: number; bytes: number }[] = [];
  #startedAt: number | undefined;

  constructor(now: () => number = () => performance.now(), windowMs = 5000) {
    this.#now = now;
    this.#windowMs = windowMs;
  }

  moved(bytes: number): void {
    const at = this.#now();
    this.#startedAt ??= at;
    const last = this.#moves.at(-1);
    // The first report brings what an earlier run had fetched; it did not move now.
    if (last === undefined) this.#moves.push({ at, bytes: 0 });
    else if (at - last.at < 100) last.bytes += bytes;
    else this.#moves.push({ at, bytes });
    this.#forget(at);
  }

  bytesPerSecond(): number {
    const now = this.#now();
    this.#forget(now);
    const seconds = Math.min(this.#windowMs, now - (this.#startedAt ?? now)) / 1000;
    if (seconds <= 0) return 0;
    return this.#moves.reduce((total, move) => total + move.bytes, 0) / seconds;
  }

  #forget(now: number): void {
    const since = now - this.#windowMs;
    while (this.#moves.length > 1 && this.#moves[0]!.at < since) this.#moves.shift();
  }
}
