import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEvents, serveFake } from "../../../test/server/fake-server.ts";
import type { SessionJson } from "../sessions/wire.ts";

const folder = mkdtempSync(join(tmpdir(), "colloquy-kill-"));
const storePath = join(folder, "chats.sqlite");
const root = fileURLToPath(new URL("../../..", import.meta.url));
// The program must find the installed packages and package.json, so it is built two folders deep in the repository.
const built = join(root, "node_modules", `.chat-process-${process.pid}`);
let child: ChildProcess | undefined;

beforeAll(async () => {
  await build({
    root,
    logLevel: "silent",
    build: {
      ssr: join(root, "test", "server", "chat-process.ts"),
      outDir: built,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: "chat-process.mjs" } },
    },
    ssr: { external: ["libsql", "koffi"] },
  });
}, 60_000);
afterAll(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  rmSync(built, { recursive: true, force: true });
});

async function startProcess(): Promise<string> {
  child = spawn(process.execPath, [join(built, "chat-process.mjs"), storePath], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The process ended with ${code}`);
  });
  ended.catch(() => {});
  const [line] = (await Promise.race([once(child.stdout!, "data"), ended])) as [Buffer];
  return line.toString().trim();
}

/** Reads a stream up to a text. */
async function readUntil(response: Response, text: string): Promise<void> {
  const reader = response.body!.getReader();
  for (let seen = ""; !seen.includes(text); ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended without ${text}`);
    seen += new TextDecoder().decode(value);
  }
}

test("a process killed in the middle of a reply loses that reply at most", async () => {
  const url = await startProcess();
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const { id } = (await (await post("/api/sessions", { title: "kept" })).json()) as SessionJson;
  await (await post(`/api/sessions/${id}/prompt`, { text: "first", maxTokens: 3 })).text();
  await readUntil(await post(`/api/sessions/${id}/prompt`, { text: "second" }), "event: text");
  child!.kill("SIGKILL");
  await once(child!, "exit");

  const again = serveFake({ storePath });
  const session = (await (await again.get(`/api/sessions/${id}`)).json()) as SessionJson;
  expect(session.title).toBe("kept");
  expect(session.messages.map(({ role, text }) => `${role}: ${text}`)).toEqual([
    "user: first",
    "model: aaa",
    "user: second",
  ]);
  const events = await readEvents(await again.post(`/api/sessions/${id}/prompt`));
  expect(events.at(-1)).toMatchObject({
    name: "done",
    data: { message: { role: "model", text: "Hello there!" } },
  });
  const after = (await (await again.get(`/api/sessions/${id}`)).json()) as SessionJson;
  expect(after.messages.map(({ text }) => text)).toEqual(["first", "aaa", "second", "Hello there!"]);
  await again.server.close();
}, 60_000);
