import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ColourName, quartersPng } from "../../../test/media/colours.ts";
import { type OpenedMediaModel, openColourModel, openingMsMax } from "../../../test/media/open-models.ts";
import { readEvents } from "../../../test/server/fake-server.ts";
import { type ColloquyServer, createServer } from "../create-server.ts";
import type { SessionJson } from "../sessions/wire.ts";

let opened: OpenedMediaModel;
let server: ColloquyServer;
let url: string;
let client: OpenAI;

beforeAll(async () => {
  opened = await openColourModel();
  const context = await opened.model.createContext({ contextSize: 512, sequences: 2 });
  server = createServer({ context, limits: { images: 2, bodyBytes: 100_000 } });
  ({ url } = await server.listen({ port: 0 }));
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
}, openingMsMax);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

async function dataUrl(colour: ColourName): Promise<string> {
  const png = await quartersPng([colour, colour, colour, colour]);
  return `data:image/png;base64,${png.toString("base64")}`;
}
const image = (address: string) => ({ type: "image_url" as const, image_url: { url: address } });
const ask = (...addresses: string[]) =>
  client.chat.completions.create({
    model: "any",
    temperature: 0,
    max_tokens: 24,
    messages: [
      {
        role: "user",
        content: [...addresses.map(image), { type: "text", text: "Which colour is it?" }],
      },
    ],
  });
const api = (pathname: string, body: object) =>
  fetch(`${url}${pathname}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("the official client asks about an image, and a history with it is evaluated once", async () => {
  const red = await dataUrl("red");
  const first = await ask(red);
  expect(first.choices[0]!.message.content!.toLowerCase()).toContain("red");
  const again = await ask(red);
  expect(again.choices[0]!.message.content).toBe(first.choices[0]!.message.content);
  const { prompt_tokens, prompt_tokens_details } = again.usage!;
  expect(prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(prompt_tokens - 1);
  expect((await ask(await dataUrl("blue"))).choices[0]!.message.content!.toLowerCase()).toContain("blue");
});

test("a chat is created with an image in its messages, and answered", async () => {
  const messages = [{ role: "user", text: "Which colour is it?", images: [await dataUrl("red")] }];
  const created = await api("/api/sessions", { messages });
  expect(created.status).toBe(201);
  const session = (await created.json()) as SessionJson;
  expect(session.messages[0]!.images).toEqual(messages[0]!.images);
  const events = await readEvents(await api(`/api/sessions/${session.id}/prompt`, { maxTokens: 24 }));
  expect(events.at(-1)!.data.message.text.toLowerCase()).toContain("red");
});

test.each([
  "http://127.0.0.1/a.png",
  "http://169.254.169.254/latest/meta-data",
  "http://[::1]/a.png",
  "https://images.example/a.png",
  "file:///etc/passwd",
  "/etc/passwd",
])("%s is refused and not fetched", async (address) => {
  await expect(ask(address)).rejects.toMatchObject({
    status: 400,
    code: "invalid-argument",
    param: "messages[0].content[0].image_url.url",
  });
  const created = await api("/api/sessions", { messages: [{ role: "user", text: "a", images: [address] }] });
  expect(created.status).toBe(400);
});

test("limits: how many, how large, and what is no image", async () => {
  const red = await dataUrl("red");
  await expect(ask(red, red, red)).rejects.toMatchObject({ status: 400, param: "messages[0].content" });
  await expect(ask(`data:image/png;base64,${"A".repeat(120_000)}`)).rejects.toMatchObject({ status: 413 });
  await expect(ask("data:image/png;base64,AAAA")).rejects.toMatchObject({
    status: 400,
    code: "media-invalid",
  });
  const many = { messages: [1, 2].map(() => ({ role: "user", text: "a", images: [red, red] })) };
  expect((await api("/api/sessions", many)).status).toBe(400);
  const model = { messages: [{ role: "model", text: "a", images: [red] }] };
  expect((await api("/api/sessions", model)).status).toBe(400);
});
