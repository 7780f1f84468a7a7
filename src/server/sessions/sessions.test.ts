import { afterEach, describe, expect, test } from "vitest";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { type FakeServer, readEvents, serveFake } from "../../../test/server/fake-server.ts";
import type { MessageJson, SessionJson } from "./wire.ts";

const servers: FakeServer[] = [];
function serve(...options: Parameters<typeof serveFake>): FakeServer {
  const fake = serveFake(...options);
  servers.push(fake);
  return fake;
}
afterEach(async () => {
  for (const { server } of servers.splice(0)) await server.close();
});

async function create(fake: FakeServer, body: object = {}): Promise<SessionJson> {
  const response = await fake.post("/api/sessions", body);
  expect(response.status).toBe(201);
  return (await response.json()) as SessionJson;
}
const talk = (messages: readonly MessageJson[]) => messages.map(({ role, text }) => `${role}: ${text}`);
async function read(fake: FakeServer, id: string): Promise<SessionJson> {
  return (await (await fake.get(`/api/sessions/${id}`)).json()) as SessionJson;
}

describe("a prompt", () => {
  test("streams its events, and the chat holds both messages", async () => {
    const fake = serve();
    const { id } = await create(fake, { settings: { systemPrompt: "Be kind." } });
    const response = await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const events = await readEvents(response);
    expect(events.map(({ name }) => name).filter((name) => name !== "text" && name !== "stats")).toEqual([
      "message",
      "context",
      "context",
      "done",
    ]);
    const text = events.filter(({ name }) => name === "text").map(({ data }) => data.text);
    expect(text.length).toBeGreaterThan(1);
    expect(text.join("")).toBe("Hello there!");
    expect(events.at(-1)?.data).toMatchObject({
      message: { role: "model", text: "Hello there!", stopReason: "eogToken", parts: [{ type: "text" }] },
      stats: { generatedTokens: 12, cachedTokens: 0 },
    });
    const session = await read(fake, id);
    expect(talk(session.messages)).toEqual(["user: Hi", "model: Hello there!"]);
    expect(session).toMatchObject({ title: "Hi", busy: false, canUndo: true, messageCount: 2 });
    expect(session.messages[1]).toEqual(events.at(-1)?.data.message);
    expect(session.messages[1]?.cost).toEqual({ context: session.context, stats: events.at(-1)?.data.stats });
    expect(session.context?.usedTokens).toBe(
      fake.sequences.find((one) => one.contextTokens.length > 0)!.contextTokens.length,
    );
    expect(fake.sequences.map(({ calls }) => calls.length).sort()).toEqual([0, 1]);
    const asked = fake.sequences.flatMap(({ calls }) => calls)[0]!.target;
    expect(fake.model.detokenize(asked, true)).toContain("Be kind.");
  });

  test("evaluates only what is new in the second turn, with another chat in between", async () => {
    const fake = serve({ fake: { next: replies("Hello there!", "Fine.") } });
    const one = await create(fake);
    const two = await create(fake, { settings: { systemPrompt: "Something else altogether" } });
    await readEvents(await fake.post(`/api/sessions/${one.id}/prompt`, { text: "Hi" }));
    await readEvents(await fake.post(`/api/sessions/${two.id}/prompt`, { text: "Moin" }));
    const events = await readEvents(await fake.post(`/api/sessions/${one.id}/prompt`, { text: "Well?" }));
    const context = events.find(({ name }) => name === "context")!.data;
    expect(context.reusedTokens).toBeGreaterThan(context.evaluatedTokens);
    expect(context.reusedTokens + context.evaluatedTokens).toBe(context.usedTokens);
    expect(events.at(-1)?.data.message.text).toBe("Fine.");
  });

  test("without text answers the chat as it stands, and continues a reply that was cut", async () => {
    const fake = serve();
    const { id } = await create(fake, { messages: [{ role: "user", text: "Hi" }] });
    const cut = await readEvents(await fake.post(`/api/sessions/${id}/prompt`, { maxTokens: 5 }));
    expect(cut.at(-1)?.data.message).toMatchObject({ text: "Hello", stopReason: "maxTokens" });
    const rest = await readEvents(await fake.post(`/api/sessions/${id}/prompt`));
    expect(rest.at(-1)?.data.message.text).toBe("Hello there!");
    expect(talk((await read(fake, id)).messages)).toEqual(["user: Hi", "model: Hello there!"]);
  });

  test("is held to the schema of the settings", async () => {
    const fake = serve();
    const schema = {
      type: "object",
      properties: { ok: { type: "boolean" } },
      required: ["ok"],
      additionalProperties: false,
    };
    const { id } = await create(fake, { settings: { schema } });
    const events = await readEvents(await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" }));
    expect(JSON.parse(events.at(-1)?.data.message.text)).toEqual({ ok: expect.any(Boolean) });
  });

  test("runs the functions of the server and tells about it", async () => {
    const fake = serve({
      fake: { next: replies('||call: add({"a": 1, "b": 2})', "Three.") },
      functions: {
        add: {
          params: { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } } },
          handler: ({ a, b }: { a: number; b: number }) => a + b,
        },
      },
    });
    const { id } = await create(fake);
    const events = await readEvents(
      await fake.post(`/api/sessions/${id}/prompt`, { text: "1+2?", maxTokens: 200 }),
    );
    const seen = events.filter(({ name }) => name === "call" || name === "result");
    expect(seen[0]).toEqual({ name: "call", data: { index: 0, name: "add", params: { a: 1, b: 2 } } });
    expect(seen[1]).toEqual({ name: "result", data: { index: 0, name: "add", result: 3 } });
  });

  test("with a schema and functions: calls first, then an answer that fits", async () => {
    const fake = serve({
      fake: { next: replies("||call: now()", '"noon"') },
      functions: { now: { handler: () => 12 } },
    });
    const { id } = await create(fake, { settings: { schema: { enum: ["noon", "night"] } } });
    const events = await readEvents(
      await fake.post(`/api/sessions/${id}/prompt`, { text: "What time is it?", maxTokens: 100 }),
    );
    expect(events.find(({ name }) => name === "result")?.data).toEqual({ index: 0, name: "now", result: 12 });
    const { text, parts } = events.at(-1)!.data.message;
    expect(["noon", "night"]).toContain(JSON.parse(text));
    expect(parts.map(({ type }: { type: string }) => type)).toEqual(["call", "text"]);
  });

  test("a second one at the same time is refused, and so are edits", async () => {
    const fake = serve({ fake: { delayMs: 5 } });
    const { id } = await create(fake);
    const running = await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" });
    for (const response of [
      await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" }),
      await fake.post(`/api/sessions/${id}/undo`),
      await fake.post(`/api/sessions/${id}/messages`, { role: "user", text: "x" }),
      await fake.send("PATCH", `/api/sessions/${id}`, { settings: { systemPrompt: "x" } }),
    ]) {
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ error: { code: "busy" } });
    }
    expect((await read(fake, id)).busy).toBe(true);
    await readEvents(running);
    expect((await read(fake, id)).busy).toBe(false);
  });

  test("cancelled, keeps what is written", async () => {
    const fake = serve({ fake: { delayMs: 2, next: replies("a".repeat(500)) } });
    const { id } = await create(fake);
    const response = await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" });
    const reader = response.body!.getReader();
    let text = "";
    while (!text.includes("event: text")) text += new TextDecoder().decode((await reader.read()).value);
    expect(await (await fake.post(`/api/sessions/${id}/cancel`)).json()).toEqual({ cancelled: true });
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += new TextDecoder().decode(read.value);
    }
    expect(text).toContain('"stopReason":"abort"');
    const { messages } = await read(fake, id);
    expect(messages[1]).toMatchObject({
      role: "model",
      stopReason: "abort",
      text: expect.stringMatching(/^a+$/),
    });
    expect(messages[1]!.text.length).toBeLessThan(500);
    expect(await (await fake.post(`/api/sessions/${id}/cancel`)).json()).toEqual({ cancelled: false });
  });

  test("whose reader goes away stops, and the chat goes on", async () => {
    const fake = serve({ count: 1, fake: { delayMs: 2, next: replies("a".repeat(500), "b") } });
    const { id } = await create(fake);
    const response = await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(async () => (await read(fake, id)).busy).toBe(false);
    expect((await read(fake, id)).messages[1]?.text.length ?? 0).toBeLessThan(500);
  });
});

describe("editing", () => {
  test("insert, edit, remove and undo", async () => {
    const fake = serve();
    const start = await create(fake, {
      messages: [
        { role: "user", text: "one" },
        { role: "model", text: "two" },
      ],
    });
    const path = `/api/sessions/${start.id}`;
    const [one, two] = start.messages as [MessageJson, MessageJson];
    const inserted = await fake.post(`${path}/messages`, { role: "system", text: "zero", before: one.id });
    expect(inserted.status).toBe(201);
    const edited = (await (
      await fake.send("PATCH", `${path}/messages/${two.id}`, { text: "TWO" })
    ).json()) as SessionJson;
    expect(talk(edited.messages)).toEqual(["system: zero", "user: one", "model: TWO"]);
    expect((await fake.send("DELETE", `${path}/messages/${two.id}`)).status).toBe(404);
    const removed = (await (await fake.send("DELETE", `${path}/messages/${one.id}`)).json()) as SessionJson;
    expect(talk(removed.messages)).toEqual(["system: zero", "model: TWO"]);
    const steps = [];
    for (let i = 0; i < 4; i++) {
      const response = await fake.post(`${path}/undo`);
      steps.push(
        response.ok ? talk(((await response.json()) as SessionJson).messages).length : response.status,
      );
    }
    expect(steps).toEqual([3, 3, 2, 409]);
  });

  test("one undo takes a prompt and its reply back", async () => {
    const fake = serve();
    const { id } = await create(fake);
    await readEvents(await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" }));
    const undone = (await (await fake.post(`/api/sessions/${id}/undo`)).json()) as SessionJson;
    expect(undone.messages).toEqual([]);
    expect(undone.canUndo).toBe(false);
  });

  test("retry writes the last reply again", async () => {
    const fake = serve();
    const { id } = await create(fake);
    expect((await fake.post(`/api/sessions/${id}/retry`)).status).toBe(409);
    await readEvents(await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi" }));
    const before = (await read(fake, id)).messages;
    const events = await readEvents(await fake.post(`/api/sessions/${id}/retry`));
    const after = (await read(fake, id)).messages;
    expect(talk(after)).toEqual(talk(before));
    expect(after[1]!.id).toBe(events.at(-1)?.data.message.id);
    expect(after[1]!.id).not.toBe(before[1]!.id);
  });

  test("fork takes messages over and leaves the other chat alone", async () => {
    const fake = serve();
    const first = await create(fake, {
      title: "A",
      settings: { sampling: { topK: 3 } },
      messages: [
        { role: "user", text: "1" },
        { role: "model", text: "2" },
      ],
    });
    const response = await fake.post(`/api/sessions/${first.id}/fork`, {
      through: first.messages[0]!.id,
      title: "B",
    });
    expect(response.status).toBe(201);
    const second = (await response.json()) as SessionJson;
    expect(second).toMatchObject({ title: "B", settings: { sampling: { topK: 3 } } });
    expect(talk(second.messages)).toEqual(["user: 1"]);
    await fake.send("DELETE", `/api/sessions/${second.id}`);
    expect(talk((await read(fake, first.id)).messages)).toEqual(["user: 1", "model: 2"]);
  });

  test("settings are replaced one by one, and a schema that cannot be used is refused", async () => {
    const fake = serve();
    const { id } = await create(fake, {
      settings: { systemPrompt: "a", sampling: { temperature: 1, topK: 5 } },
    });
    const patched = (await (
      await fake.send("PATCH", `/api/sessions/${id}`, { title: "T", settings: { sampling: { seed: 4 } } })
    ).json()) as SessionJson;
    expect(patched).toMatchObject({
      title: "T",
      settings: { systemPrompt: "a", sampling: { seed: 4 }, schema: null },
    });
    expect(patched.settings.sampling).toEqual({ seed: 4 });
    const refused = await fake.send("PATCH", `/api/sessions/${id}`, { settings: { schema: { not: {} } } });
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { error: { code: string } }).error.code).toMatch(/^grammar-/);
  });
});

describe("completing", () => {
  test("goes on writing the user's message and leaves the chat alone", async () => {
    const fake = serve({
      fake: { next: (tokens, model) => model.tokenize(" friend and all")[(tokens.length * 7) % 15]! },
    });
    const { id } = await create(fake);
    const response = await fake.post(`/api/sessions/${id}/complete`, { text: "Hello my", maxTokens: 6 });
    expect(await response.json()).toEqual({ completion: expect.stringMatching(/^.{1,6}$/) });
    expect((await read(fake, id)).messages).toEqual([]);
    expect(fake.sequences.flatMap(({ calls }) => calls)[0]!.options.priority).toBe(1);
  });

  test("gives nothing instead of waiting", async () => {
    const fake = serve({ count: 1, fake: { delayMs: 5 } });
    const [one, two] = [await create(fake), await create(fake)];
    const running = await fake.post(`/api/sessions/${one.id}/prompt`, { text: "Hi" });
    const response = await fake.post(`/api/sessions/${two.id}/complete`, { text: "Hello my" });
    expect(await response.json()).toEqual({ completion: "" });
    await readEvents(running);
  });
});

test("the list goes page by page, and finds titles", async () => {
  const fake = serve();
  for (const title of ["a", "b", "c"]) await create(fake, { title });
  const first = (await (await fake.get("/api/sessions?limit=2")).json()) as {
    sessions: SessionJson[];
    more: boolean;
  };
  expect(first).toMatchObject({ sessions: [{ title: "c" }, { title: "b" }], more: true });
  const rest = await fake.get(`/api/sessions?limit=2&before=${first.sessions[1]!.id}`);
  expect(await rest.json()).toMatchObject({ sessions: [{ title: "a" }], more: false });
  expect((await fake.get("/api/sessions?limit=x")).status).toBe(400);
  const found = await fake.get("/api/sessions?search=B");
  expect(await found.json()).toMatchObject({ sessions: [{ title: "b" }], more: false });
  expect((await fake.get(`/api/sessions?search=${"x".repeat(201)}`)).status).toBe(400);
});
