import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { getLlama } from "../../src/remote/get-llama.ts";
import type { RemoteLlama } from "../../src/remote/remote-llama.ts";
import { createServer } from "../../src/server/index.ts";
import { ask, buildWebClient, done, last, launchBrowser, messages, openPage } from "../web/chat-page.ts";
import { type LlamaServer, startLlamaServer } from "./llama-server.ts";

let engine: LlamaServer;
let llama: RemoteLlama;
let server: ReturnType<typeof createServer>;
let client: Awaited<ReturnType<typeof buildWebClient>>;
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let url: string;

beforeAll(async () => {
  engine = await startLlamaServer({ modelPath: await resolveDefaultModel(), contextSize: 1025, slots: 2 });
  llama = await getLlama({ engine: { type: "llama-server", url: engine.url } });
  const model = await llama.loadModel();
  client = await buildWebClient();
  server = createServer({
    context: await model.createContext({ sequences: 2 }),
    sequences: 2,
    webDirectory: client.folder,
    systemPrompt: "Answer in one sentence.",
  });
  url = (await server.listen({ port: 0 })).url;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await client?.remove();
  await llama?.dispose();
  await engine?.kill();
});

test("the web chat talks to an engine elsewhere, and tells what it reused there", async () => {
  const { page, problems, close } = await openPage(browser, url);
  await ask(page, "What is the capital of France?");
  await done(page);
  expect(await last(page).textContent()).toContain("Paris");
  await ask(page, "And of Italy?");
  await page.getByText(/ reused$/).waitFor();
  expect(await messages(page).count()).toBe(4);
  expect(problems).toEqual([]);
  await close();
});
