import { spawn } from "node:child_process";

export interface ProgramResult {
  /** Exit code; `undefined` when the program could not be started. */
  readonly code: number | undefined;
  /** The end of what it wrote, output and errors together. */
  readonly tail: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Default: ten minutes. */
  readonly timeoutMs?: number;
}

const tailCharactersMax = 4000;

/** Runs a program to its end. Resolves also when it fails or cannot be started. @throws the signal's reason */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { cwd, signal, timeoutMs = 600_000 } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    // Only npm is a script on Windows; the other programs are run without a shell, their paths may hold anything.
    shell: process.platform === "win32" && command === "npm",
  });
  let tail = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-tailCharactersMax);
    });
  const stop = () => child.kill();
  // `spawn({timeout})` would keep the process alive for as long when the program cannot be started.
  const timer = setTimeout(stop, timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const code = await new Promise<number | undefined>((resolve) => {
      child.once("error", (error) => {
        tail += error.message;
        resolve(undefined);
      });
      child.once("close", (exit) => resolve(exit ?? 1));
    });
    signal?.throwIfAborted();
    return { code, tail: tail.trim() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
