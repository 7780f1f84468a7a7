/** Severity of a line of llama.cpp's log, as in ggml.h; `continuation` belongs to the line before. */
export const nativeLogLevels = { none: 0, debug: 1, info: 2, warn: 3, error: 4, continuation: 5 } as const;

/** Receives whole lines, without the line end. */
export type NativeLogSink = (level: number, text: string) => void;

/** How many recent warnings and errors are kept for error messages. */
const recentMax = 16;

/**
 * Joins the pieces that llama.cpp logs into lines, hands them to the sinks, and remembers the last warnings and errors:
 * its functions say *that* they failed by returning NULL and *why* only here.
 */
export class NativeLog {
  #partial = "";
  #partialLevel: number = nativeLogLevels.info;
  #recent: string[] = [];
  readonly #sinks = new Set<NativeLogSink>();

  addSink(sink: NativeLogSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** One call of `ggml_log_callback`. */
  write(level: number, text: string): void {
    if (level !== nativeLogLevels.continuation) {
      if (this.#partial !== "") this.#line(this.#partial);
      this.#partialLevel = level;
      this.#partial = "";
    }
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  /** The warnings and errors since the last call, for the `cause` of an error. */
  takeRecent(): string {
    const text = this.#recent.join("\n");
    this.#recent = [];
    return text;
  }

  #line(line: string): void {
    if (line.trim() === "") return;
    if (this.#partialLevel === nativeLogLevels.warn || this.#partialLevel === nativeLogLevels.error) {
      this.#recent.push(line);
      if (this.#recent.length > recentMax) this.#recent.shift();
    }
    for (const sink of this.#sinks) {
      try {
        sink(this.#partialLevel, line);
      } catch {
        // Native code is above us on the stack: an exception cannot pass through it.
      }
    }
  }
}
