import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltProcess, buildProcess, type StartedProcess } from "../../../test/server/built-process.ts";
import { readEvents, serveFake } from "../../../test/server/fake-server.ts";
import type { SessionJson } from "../sessions/wire.ts";

const folder = mkdtempSync(join(tmpdir(), "colloquy-kill-"));
const storePath = join(folder, "chats.sqlite");
let built: BuiltProcess;
let child: StartedProcess;

beforeAll(async () => {
  built = await buildProcess("chat-process.ts");
}, 60_000);
afterAll(async () => {
  await built?.remove();
  rmSync(folder, { recursive: true, force: true });
});

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
  child = await built.start(storePath);
  const { url } = child;
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const { id } = (await (await post("/api/sessions", { title: "kept" })).json()) as SessionJson;
  await (await post(`/api/sessions/${id}/prompt`, { text: "first", maxTokens: 3 })).text();
  await readUntil(await post(`/api/sessions/${id}/prompt`, { text: "second" }), "event: text");
  await child.kill();

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
