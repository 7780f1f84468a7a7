/** Completions by the text that they complete; the ones not used for longest leave first. */
export class CompletionCache {
  readonly #max: number;
  readonly #completions = new Map<string, string>();

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * What is known to follow `input`: the completion of this text, or the rest of the completion of a shorter one that
   * goes on like it.
   */
  get(input: string): string | undefined {
    let best: string | undefined;
    for (const [prompt, completion] of [...this.#completions]) {
      if (!input.startsWith(prompt) || !(prompt + completion).startsWith(input)) continue;
      const rest = completion.slice(input.length - prompt.length);
      if (best === undefined || rest.length > best.length) {
        best = rest;
        this.#touch(prompt, completion);
      }
    }
    return best;
  }

  set(input: string, completion: string): void {
    const known = this.#completions.get(input);
    this.#touch(input, known?.startsWith(completion) ? known : completion);
    if (this.#completions.size <= this.#max) return;
    const [oldest] = this.#completions.keys();
    if (oldest !== undefined) this.#completions.delete(oldest);
  }

  #touch(input: string, completion: string): void {
    this.#completions.delete(input);
    this.#completions.set(input, completion);
  }
}
