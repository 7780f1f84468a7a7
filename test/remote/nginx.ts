import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./llama-server.ts";

export interface Router {
  readonly url: string;
  /** The port of the worker that requests with this key go to. */
  workerOf(sessionKey: string): Promise<number>;
  stop(): Promise<void>;
}

/** nginx in front of workers, with equal session keys going to equal workers; the configuration of docs/guide/cluster.md. */
export async function startNginx(workerPorts: readonly number[]): Promise<Router> {
  const folder = await mkdtemp(path.join(tmpdir(), "colloquy-nginx-"));
  const port = await freePort();
  const file = path.join(folder, "nginx.conf");
  await writeFile(file, configuration(folder, port, workerPorts));
  const child = spawn("nginx", ["-c", file, "-p", folder, "-e", path.join(folder, "error.log")], {
    stdio: "ignore",
  });
  const failure = new Promise<never>((_, reject) => child.once("error", reject));
  failure.catch(() => {});
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([failure, answering(url, child)]);
  return {
    url,
    workerOf: async (sessionKey) => {
      const answer = await fetch(`${url}/health`, { headers: { "x-session-id": sessionKey } });
      await answer.body?.cancel();
      return Number(answer.headers.get("x-worker")?.split(":")[1]);
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && child.exitCode === null) {
    if ((await fetch(`${url}/health`).catch(() => undefined))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx did not start");
}

function configuration(folder: string, port: number, workerPorts: readonly number[]): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off;
pid ${folder}/nginx.pid;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  upstream workers {
    hash $http_x_session_id consistent;
    ${workerPorts.map((worker) => `server 127.0.0.1:${worker} max_fails=1 fail_timeout=10s;`).join("\n    ")}
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 64m;
    location / {
      proxy_pass http://workers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
      proxy_next_upstream error timeout http_502 non_idempotent;
      add_header x-worker $upstream_addr always;
    }
  }
}
`;
}
