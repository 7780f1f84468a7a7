import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const version = "2026.10.11549";
const script = fileURLToPath(new URL("./serve.py", import.meta.url));
const startMsMax = 60_000;

export interface LlamaServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>;
}

export interface LlamaServerOptions {
  modelPath: string;
  /** Room of each slot, tokens. */
  contextSize?: number;
  slots?: number;
  /** Default: a free one. */
  port?: number;
}

/** llama.cpp's own HTTP server in a process of its own, from the Python package that contains it. */
export async function startLlamaServer(options: LlamaServerOptions): Promise<LlamaServer> {
  const { modelPath, contextSize = 1024, slots = 4 } = options;
  const python = await findPython();
  const port = options.port ?? (await freePort());
  const args = [script, modelPath, String(port), String(contextSize), String(slots)];
  const child = spawn(python, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stderr.on("data", (text) => {
    output = (output + String(text)).slice(-4000);
  });
  child.stdout.resume();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const deadline = Date.now() + startMsMax;
  while (child.exitCode === null && Date.now() < deadline) {
    const health = await fetch(`${url}/health`).catch(() => undefined);
    if (health?.ok) return { url, port, process: child, kill };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await kill();
  throw new Error(`llama-server did not start: ${output}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Python that has the server: installed once into a folder of its own. */
async function findPython(): Promise<string> {
  const folder = path.join(homedir(), ".cache", "colloquy-dev", `xllamacpp-${version}`);
  const python = path.join(folder, "bin", "python");
  const mark = path.join(folder, "complete");
  if (await exists(mark)) return python;
  await mkdir(path.dirname(folder), { recursive: true });
  await run("python3", ["-m", "venv", "--clear", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", `xllamacpp==${version}`]);
  await run(python, ["-c", `import xllamacpp; open(${JSON.stringify(mark)}, "w").close()`]);
  return python;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
