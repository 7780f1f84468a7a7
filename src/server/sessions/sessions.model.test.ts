import { afterAll, beforeAll, expect, test } from "vitest";
import { readEvents } from "../../../test/server/fake-server.ts";
import { getLlama, type Llama } from "../../engine/llama.ts";
import { resolveDefaultModel } from "../../models/default/default-model.ts";
import { type ColloquyServer, createServer } from "../create-server.ts";
import type { ContextReport, SessionJson } from "./wire.ts";

let llama: Llama;
let server: ColloquyServer;

beforeAll(async () => {
  llama = await getLlama({ gpu: false, maxThreads: 1 });
  const model = await llama.loadModel({ modelPath: await resolveDefaultModel() });
  server = createServer({ context: await model.createContext({ contextSize: 1024, sequences: 2 }) });
});
afterAll(async () => {
  await server?.close();
  await llama?.dispose();
});

function send(method: string, path: string, body?: object): Promise<Response> {
  return server.fetch(
    new Request(`http://localhost${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    }),
  );
}

async function prompt(id: string): Promise<ContextReport> {
  const events = await readEvents(
    await send("POST", `/api/sessions/${id}/prompt`, { text: "Go on.", maxTokens: 4 }),
  );
  return events.find(({ name }) => name === "context")!.data;
}

test.each([
  ["shift", 40],
  ["exact", 1000],
] as const)("a message removed in the mode %s: what is evaluated, and what is moved", async (mode, most) => {
  const messages = [1, 2, 3].flatMap((turn) => [
    { role: "user", text: `What happened on day ${turn}? ${"It rained all day. ".repeat(6)}` },
    { role: "model", text: `On day ${turn} it rained. ${"We stayed at home. ".repeat(6)}` },
  ]);
  const { id } = (await (await send("POST", "/api/sessions", { messages })).json()) as SessionJson;
  await prompt(id);
  const session = (await (await send("GET", `/api/sessions/${id}`)).json()) as SessionJson;
  const query = mode === "shift" ? "?mode=shift" : "";
  for (const message of session.messages.slice(0, 2)) {
    await send("DELETE", `/api/sessions/${id}/messages/${message.id}${query}`);
  }
  const { movedTokens, evaluatedTokens } = await prompt(id);
  expect(evaluatedTokens).toBeLessThan(most);
  if (mode === "shift") expect(movedTokens).toBeGreaterThan(100);
  else {
    expect(movedTokens).toBe(0);
    expect(evaluatedTokens).toBeGreaterThan(100);
  }
});
