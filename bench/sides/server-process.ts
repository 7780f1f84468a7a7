import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rootFolder } from "../runner/folders.ts";
import { type Settings, UnsupportedError } from "../runner/protocol.ts";

/** A server of the comparison, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly about: string;
  peakRssMb(): number;
  stop(): Promise<void>;
}

export interface ServerShape {
  /** Requests that are answered at the same time. */
  readonly clients: number;
  /** Room of each of them, tokens. */
  readonly contextSize: number;
}

const startMsMax = 60_000;
const llamaServerVersion = "2026.10.11549";

/** `colloquy serve` from the built package. */
export async function startOwnServer(settings: Settings, shape: ServerShape): Promise<ServerProcess> {
  const entry = process.env.COLLOQUY_BENCH_ENTRY;
  const main = new URL("cli/main.js", entry ? pathToFileURL(entry) : new URL("dist/", rootFolder));
  const child = spawn(
    process.execPath,
    [
      ...[fileURLToPath(main), "serve", "--model", settings.modelPath, "--gpu", "off", "--port", "0"],
      ...["--threads", String(settings.threads), "--sequences", String(shape.clients)],
      ...["--context-size", String(shape.contextSize)],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const output = outputOf(child);
  const url = await until(child, output, async () => /at (http:\S+)/.exec(output())?.[1]);
  const { version } = JSON.parse(readFileSync(new URL("package.json", rootFolder), "utf8")) as {
    version: string;
  };
  return serverProcess(child, url, `colloquy ${version}`);
}

/** llama.cpp's own server, from the Python package that the tests of engines elsewhere install. */
export async function startLlamaServer(settings: Settings, shape: ServerShape): Promise<ServerProcess> {
  const folder = join(homedir(), ".cache", "colloquy-dev", `xllamacpp-${llamaServerVersion}`);
  const python = process.env.COLLOQUY_BENCH_PYTHON ?? join(folder, "bin", "python");
  if (!existsSync(python)) {
    throw new UnsupportedError(
      `needs a Python with xllamacpp ${llamaServerVersion}: run the tests in test/remote, or set COLLOQUY_BENCH_PYTHON`,
    );
  }
  const port = await freePort();
  const script = fileURLToPath(new URL("test/remote/serve.py", rootFolder));
  const numbers = [port, shape.contextSize, shape.clients, settings.threads].map(String);
  const child = spawn(python, [script, settings.modelPath, ...numbers], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const url = `http://127.0.0.1:${port}`;
  await until(child, outputOf(child), async () => {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    return health?.ok ? url : undefined;
  });
  return serverProcess(child, url, `llama-server of xllamacpp ${llamaServerVersion}`);
}

function serverProcess(child: ChildProcess, url: string, about: string): ServerProcess {
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // A measuring process that ends early takes its server along.
  process.once("exit", () => child.kill("SIGKILL"));
  return {
    url,
    about,
    peakRssMb() {
      const status = `/proc/${child.pid}/status`;
      const kilobytes = existsSync(status) ? /VmHWM:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1] : "";
      return Number(kilobytes) / 1024;
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The last of what a process writes. */
function outputOf(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-4000);
    });
  }
  return () => output;
}

async function until(
  child: ChildProcess,
  output: () => string,
  look: () => Promise<string | undefined>,
): Promise<string> {
  const end = performance.now() + startMsMax;
  while (child.exitCode === null && performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not start: ${output()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
