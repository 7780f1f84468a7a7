/**
 * Changes of single logits that are undone after the sample: a handful of writes instead of a copy of the vocabulary.
 */
export class LogitOverlay {
  #ids = new Int32Array(64);
  #originals = new Float32Array(64);
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Changes one logit. Ids outside of the vocabulary are ignored. */
  set(logits: Float32Array, id: number, value: number): void {
    const original = logits[id];
    if (original === undefined) return;
    if (this.#count === this.#ids.length) this.#grow();
    this.#ids[this.#count] = id;
    this.#originals[this.#count++] = original;
    logits[id] = value;
  }

  /** Puts every changed logit back. */
  restore(logits: Float32Array): void {
    // Backwards: a logit that was changed twice ends with its first value.
    for (let i = this.#count - 1; i >= 0; i--) logits[this.#ids[i]!] = this.#originals[i]!;
    this.#count = 0;
  }

  #grow(): void {
    const ids = new Int32Array(this.#ids.length * 2);
    const originals = new Float32Array(ids.length);
    ids.set(this.#ids);
    originals.set(this.#originals);
    this.#ids = ids;
    this.#originals = originals;
  }
}
