import { type Completer, createInterface, type Interface } from "node:readline";
import type { CliInput, CliOutput } from "../cli-io.ts";
import { GatedOutput } from "./gated-output.ts";

export interface LineEditorOptions {
  readonly input: CliInput;
  readonly output: CliOutput;
  /** Earlier lines for the arrow keys, newest first. */
  readonly history: readonly string[];
  readonly historySize: number;
  readonly complete: (line: string) => Promise<[string[], string]>;
  /** Ctrl+C was pressed. */
  readonly onInterrupt: () => void;
}

/** Reads lines from a terminal with editing keys. Lines typed while nobody reads are kept for later. */
export class LineEditor {
  readonly #readline: Interface & { prevRows?: number };
  readonly #gate: GatedOutput;
  readonly #output: CliOutput;
  readonly #typedAhead: string[] = [];
  #deliver: ((line: string | undefined) => void) | undefined;
  #closed = false;

  constructor({ input, output, history, historySize, complete, onInterrupt }: LineEditorOptions) {
    this.#output = output;
    this.#gate = new GatedOutput(output);
    this.#gate.open = false;
    const completer = ((line, done) => {
      complete(line).then(
        (found) => done(null, found),
        () => done(null, [[], line]),
      );
    }) as (line: string, done: (error: null, found: [string[], string]) => void) => void;
    this.#readline = createInterface({
      input,
      output: this.#gate,
      terminal: true,
      history: [...history],
      historySize,
      removeHistoryDuplicates: true,
      completer: completer as Completer,
    });
    this.#readline.on("line", (line) => this.#take(line));
    this.#readline.on("SIGINT", onInterrupt);
    this.#readline.on("close", () => {
      this.#closed = true;
      this.#gate.open = false;
      this.#deliver?.(undefined);
    });
  }

  /** What has been typed and not entered. */
  get line(): string {
    return this.#readline.line;
  }

  /** The next line, `undefined` at the end of input. */
  async read(mark: string): Promise<string | undefined> {
    const waiting = this.#typedAhead.shift();
    if (waiting !== undefined) {
      // Its echo was dropped when it was typed.
      this.#output.write(`${mark}${waiting}\n`);
      return waiting;
    }
    if (this.#closed) return undefined;
    return this.#readLine(mark);
  }

  /**
   * The answer to a question: never a line that was typed ahead. `undefined` at the end of input.
   * @param signal ends the wait
   * @throws the signal's reason
   */
  async ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    if (this.#closed) return undefined;
    const stop = () => this.#deliver?.(undefined);
    signal.addEventListener("abort", stop, { once: true });
    const mark = question.slice(question.lastIndexOf("\n") + 1);
    this.#output.write(question.slice(0, question.length - mark.length));
    const answer = await this.#readLine(mark).finally(() => signal.removeEventListener("abort", stop));
    signal.throwIfAborted();
    return answer;
  }

  async #readLine(mark: string): Promise<string | undefined> {
    this.#gate.open = true;
    this.#readline.setPrompt(mark);
    // Rows that the dropped echo would have filled are not there.
    this.#readline.prevRows = 0;
    this.#readline.prompt(true);
    const line = await new Promise<string | undefined>((resolve) => {
      this.#deliver = resolve;
    });
    this.#deliver = undefined;
    this.#gate.open = false;
    if (line === undefined) this.#output.write("\n");
    return line;
  }

  /** Drops what has been typed and shows an empty line. */
  clear(): void {
    this.#gate.open = false;
    this.#readline.write(null, { ctrl: true, name: "e" });
    this.#readline.write(null, { ctrl: true, name: "u" });
    this.#output.write("^C\n");
    this.#gate.open = true;
    this.#readline.prevRows = 0;
    this.#readline.prompt();
  }

  close(): void {
    this.#readline.close();
  }

  #take(line: string): void {
    // Several lines can come at once, pasted; the ones behind the first must not be echoed twice.
    if (this.#deliver === undefined) this.#typedAhead.push(line);
    else {
      this.#gate.open = false;
      const deliver = this.#deliver;
      this.#deliver = undefined;
      deliver(line);
    }
  }
}
