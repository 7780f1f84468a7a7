import { Writable } from "node:stream";
import type { CliOutput } from "../cli-io.ts";

/**
 * A way to a terminal that can be shut: what the line editor writes while a reply is shown (the echo of keys typed
 * ahead) is dropped instead of being mixed into the reply.
 */
export class GatedOutput extends Writable {
  open = true;
  readonly #output: CliOutput;

  constructor(output: CliOutput) {
    super({ decodeStrings: false });
    this.#output = output;
    output.on("resize", () => this.emit("resize"));
  }

  get isTTY(): boolean {
    return this.#output.isTTY === true;
  }

  get columns(): number | undefined {
    return this.#output.columns;
  }

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (this.open) this.#output.write(chunk);
    done();
  }
}
