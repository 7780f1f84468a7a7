import type { Readable } from "node:stream";

/** What a program of the command line reads from. */
export interface CliInput extends Readable {
  readonly isTTY?: boolean;
}

/** What it writes to. */
export interface CliOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything a command has of the world around it, so that tests can give it another one. */
export interface CliIo {
  readonly input: CliInput;
  readonly output: CliOutput;
  readonly errors: CliOutput;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted when the user interrupts, or when nobody reads the output any more. */
  readonly interrupt: AbortSignal;
}
