import { afterEach, describe, expect, test } from "vitest";
import { ApiClient } from "../../web/src/api/api-client.ts";
import { ApiError } from "../../web/src/api/api-error.ts";
import { readEventStream } from "../../web/src/api/event-stream.ts";
import type { PromptEvent } from "../../web/src/api/wire.ts";
import { seededRandom } from "../fake/seeded-random.ts";
import { type FakeServer, serveFake } from "../server/fake-server.ts";

const servers: FakeServer[] = [];
function clientOf(...options: Parameters<typeof serveFake>): ApiClient {
  const fake = serveFake(...options);
  servers.push(fake);
  const fetch = ((url: string, init: RequestInit) =>
    fake.server.fetch(new Request(`http://localhost${url}`, init))) as typeof globalThis.fetch;
  return new ApiClient({ fetch });
}
afterEach(async () => {
  for (const { server } of servers.splice(0)) await server.close();
});

function streamOf(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const ends = [...cuts, bytes.length];
  return new ReadableStream({
    start(controller) {
      let from = 0;
      for (const end of ends) {
        controller.enqueue(bytes.slice(from, end));
        from = end;
      }
      controller.close();
    },
  });
}

async function eventsOf(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, data } of readEventStream(streamOf(new TextEncoder().encode(text), cuts)))
    found.push(`${name}=${data}`);
  return found;
}

describe("a stream of events", () => {
  test("has names, lines of data and comments, by the standard", async () => {
    expect(
      await eventsOf(": hello\n\nevent: a\ndata: 1\ndata:2\n\ndata: x\r\n\r\nevent: lost\n\ndata\n\n"),
    ).toEqual(["a=1\n2", "message=x", "message="]);
  });

  test("drops an event whose end is missing", async () => {
    expect(await eventsOf("data: 1\n\ndata: 2\n")).toEqual(["message=1"]);
  });

  test("is the same wherever its bytes are cut", async () => {
    const text = 'event: täxt\r\ndata: Grüße 🌍\r\n\r\n: x\n\ndata: {"a":1}\n\nevent: z\rdata: ende\r\r\n';
    const whole = await eventsOf(text);
    expect(whole).toEqual(["täxt=Grüße 🌍", 'message={"a":1}', "z=ende"]);
    const length = new TextEncoder().encode(text).length;
    const random = seededRandom(7);
    for (let round = 0; round < 300; round++) {
      const cuts = Array.from({ length: 6 }, () => Math.floor(random() * length)).sort((a, b) => a - b);
      expect(await eventsOf(text, cuts)).toEqual(whole);
    }
  });
});

describe("the client", () => {
  test("goes through the life of a chat on the real server", async () => {
    const client = clientOf();
    expect((await client.info()).model.contextSize).toBe(4096);
    const { id } = await client.create({ title: "One" });
    const names: string[] = [];
    let last: PromptEvent | undefined;
    for await (const event of client.prompt(id, { text: "Hi" })) {
      names.push(event.name);
      last = event;
    }
    expect(new Set(names)).toEqual(new Set(["message", "context", "text", "done"]));
    expect(last?.name === "done" && last.data.message.text).toBe("Hello there!");
    const { messages } = await client.read(id);
    const edited = await client.edit(id, messages[0]!.id, "Hello");
    expect(edited.messages[0]?.text).toBe("Hello");
    const fork = await client.fork(id, { through: edited.messages[0]!.id, title: "Two" });
    expect(fork.messages.map(({ text }) => text)).toEqual(["Hello"]);
    expect((await client.remove(id, edited.messages[1]!.id)).messages).toHaveLength(1);
    expect((await client.undo(id)).messages).toHaveLength(2);
    expect(await client.cancel(id)).toEqual({ cancelled: false });
    expect((await client.update(id, { settings: { sampling: { topK: 3 } } })).settings.sampling).toEqual({
      topK: 3,
    });
    await client.delete(id);
    expect((await client.list()).sessions.map(({ title }) => title)).toEqual(["Two"]);
  });

  test("tells why the server refuses", async () => {
    const client = clientOf();
    const missing = await client.read("none").catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ApiError);
    expect(missing).toMatchObject({ status: 404, message: "There is no such chat" });
    const { id } = await client.create();
    const refused = client
      .prompt(id, { text: "What is this?", images: ["data:image/png;base64,AA=="] })
      .next();
    await expect(refused).rejects.toMatchObject({ status: 400, message: expect.stringContaining("image") });
  });

  test("tells when to come back", async () => {
    const body = { error: { message: "Full", code: "queue-full", param: null } };
    const fetch = async () => Response.json(body, { status: 429, headers: { "retry-after": "3" } });
    const client = new ApiClient({ fetch });
    await expect(client.info()).rejects.toMatchObject({ status: 429, code: "queue-full", retryAfter: 3 });
  });

  test("reads an answer that is no JSON, and knows a server that is gone", async () => {
    const proxy = new ApiClient({ fetch: async () => new Response("<html>", { status: 502 }) });
    await expect(proxy.info()).rejects.toMatchObject({
      status: 502,
      message: "The server answered with 502",
    });
    const gone = new ApiClient({ fetch: () => Promise.reject(new TypeError("failed")) });
    await expect(gone.info()).rejects.toMatchObject({ status: 0, isUnreachable: true });
  });

  test("notices a stream that breaks off, and passes an abort on", async () => {
    const text = 'event: text\ndata: {"text":"a"}\n\n';
    const client = new ApiClient({ fetch: async () => new Response(text) });
    const events = client.prompt("x", { text: "Hi" });
    expect((await events.next()).value).toEqual({ name: "text", data: { text: "a" } });
    await expect(events.next()).rejects.toMatchObject({ status: 0 });
    const aborted = AbortSignal.abort(new Error("enough"));
    const waiting = new ApiClient({ fetch: () => Promise.reject(new TypeError("aborted")) });
    await expect(waiting.complete("x", "Hi", aborted)).rejects.toThrow("enough");
  });

  test("sends the key", async () => {
    let sent: string | null = null;
    const fetch = (async (_url: string, init: RequestInit) => {
      sent = new Headers(init.headers).get("authorization");
      return Response.json({});
    }) as typeof globalThis.fetch;
    await new ApiClient({ fetch, key: () => "secret" }).info();
    expect(sent).toBe("Bearer secret");
  });
});
