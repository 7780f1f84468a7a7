import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

export interface StartedProcess {
  /** The first line that it wrote. */
  readonly url: string;
  /** Ends it at once, in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** A program of this folder, built. */
export interface BuiltProcess {
  start(...args: string[]): Promise<StartedProcess>;
  /** Ends what was started, and removes what was built. */
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds a file of this folder as a program for processes of its own. It first writes its address. */
export async function buildProcess(file: string): Promise<BuiltProcess> {
  const name = basename(file, ".ts");
  // The program must find the installed packages and package.json, so it is built two folders deep in the repository.
  const folder = join(root, "node_modules", `.${name}-${process.pid}`);
  await build({
    root,
    logLevel: "silent",
    build: {
      ssr: join(root, "test", "server", file),
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
    ssr: { external: ["libsql", "koffi"] },
  });
  const started: StartedProcess[] = [];
  return {
    async start(...args) {
      const process = await startProcess(join(folder, `${name}.mjs`), args);
      started.push(process);
      return process;
    },
    async remove() {
      for (const one of started) await one.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProcess(program: string, args: readonly string[]): Promise<StartedProcess> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const ended = exit.then(([code]) => {
    throw new Error(`The process ended with ${code}`);
  });
  ended.catch(() => {});
  const [line] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer];
  return {
    url: line.toString().trim(),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
