/** Embeddings of images and sounds by key, within a bound of bytes: those used longest ago go first. */
export class EmbeddingCache {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Float32Array>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Float32Array | undefined {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
    }
    return found;
  }

  /** What is larger than the bound by itself is not kept. */
  set(key: string, embedding: Float32Array): void {
    this.#delete(key);
    if (embedding.byteLength > this.#bytesMax) return;
    this.#entries.set(key, embedding);
    this.#bytes += embedding.byteLength;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#delete(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.byteLength ?? 0;
    this.#entries.delete(key);
  }
}
