import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { type FakeServer, serveFake } from "../../../test/server/fake-server.ts";

const servers: FakeServer[] = [];
function serve(...options: Parameters<typeof serveFake>): FakeServer {
  const fake = serveFake(...options);
  servers.push(fake);
  return fake;
}
afterEach(async () => {
  for (const { server } of servers.splice(0)) await server.close();
});
const chat = (content: string, extra: object = {}) => ({ messages: [{ role: "user", content }], ...extra });

/** Sends bytes as they are and returns the answer as text. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("access", () => {
  test("another host than this machine's needs a key", async () => {
    const open = serve();
    await expect(open.server.listen({ host: "0.0.0.0", port: 0 })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    const closed = serve({ apiKey: ["one", "two"] });
    const { port } = await closed.server.listen({ host: "0.0.0.0", port: 0 });
    const get = (path: string, key?: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      });
    expect((await get("/v1/models")).status).toBe(401);
    expect((await get("/v1/models", "three")).status).toBe(401);
    expect((await get("/v1/models", "two")).status).toBe(200);
    expect((await get("/metrics")).status).toBe(401);
    expect((await get("/api/sessions")).status).toBe(401);
    expect((await get("/health")).status).toBe(200);
    expect((await get("/openapi.json")).status).toBe(200);
  });

  test("foreign names and origins are refused without a key", async () => {
    const { server } = serve();
    const from = (host: string, headers: Record<string, string> = {}) =>
      server.fetch(new Request(`http://${host}/v1/models`, { headers }));
    expect((await from("evil.example")).status).toBe(403);
    expect((await from("localhost:99")).status).toBe(200);
    expect((await from("[::1]")).status).toBe(200);
    expect((await from("localhost", { origin: "http://evil.example" })).status).toBe(403);
    expect((await from("localhost", { origin: "null" })).status).toBe(403);
    expect((await from("localhost", { origin: "http://localhost" })).status).toBe(200);
  });

  test("origins that are allowed get what browsers ask for, others nothing", async () => {
    const { server } = serve({ corsOrigins: ["https://chat.example"] });
    const ask = (origin: string) =>
      server.fetch(new Request("http://localhost/v1/models", { method: "OPTIONS", headers: { origin } }));
    const allowed = await ask("https://chat.example");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://chat.example");
    const other = await ask("https://evil.example");
    expect(other.status).toBe(403);
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    const plain = await serve().server.fetch(new Request("http://localhost/v1/models"));
    expect(plain.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("bodies", () => {
  test("must be JSON of bounded size and depth", async () => {
    const { server } = serve({ limits: { bodyBytes: 1000, nesting: 10 } });
    const post = (body: string | Uint8Array<ArrayBuffer>, type: string | undefined = "application/json") =>
      server.fetch(
        new Request("http://localhost/v1/chat/completions", {
          method: "POST",
          body,
          headers: type === "" ? {} : { "content-type": type },
        }),
      );
    expect((await post("{}", "text/plain")).status).toBe(415);
    expect((await post("{")).status).toBe(400);
    expect((await post(new Uint8Array([0x22, 0xff, 0x22]))).status).toBe(400);
    expect((await post(`"${"x".repeat(1000)}"`)).status).toBe(413);
    const deep = await post(`${"[".repeat(50)}${"]".repeat(50)}`);
    expect(await deep.json()).toMatchObject({ error: { message: expect.stringContaining("nested") } });
    expect((await post("null")).status).toBe(400);
  });

  test("a body without a length is cut off at the limit", async () => {
    const { server } = serve({ limits: { bodyBytes: 1000 } });
    const { port } = await server.listen({ port: 0 });
    const status = await new Promise((resolve) => {
      const outgoing = httpRequest(
        {
          port,
          path: "/v1/chat/completions",
          method: "POST",
          headers: { "content-type": "application/json" },
        },
        (incoming) => resolve(incoming.statusCode),
      );
      outgoing.on("error", () => {});
      for (let i = 0; i < 20; i++) outgoing.write("x".repeat(100));
    });
    expect(status).toBe(413);
  });

  test("a schema, a message and a list have limits", async () => {
    const fake = serve({ limits: { schemaBytes: 100, messageLength: 10, messages: 3, tools: 1 } });
    const tool = (name: string) => ({ type: "function", function: { name } });
    const schema = { enum: Array.from({ length: 50 }, (_, i) => `value${i}`) };
    for (const body of [
      chat("x".repeat(11)),
      { messages: Array.from({ length: 4 }, () => ({ role: "user", content: "x" })) },
      chat("x", { tools: [tool("a"), tool("b")] }),
      chat("x", { response_format: { type: "json_schema", json_schema: { name: "s", schema } } }),
    ]) {
      expect((await fake.post("/v1/chat/completions", body)).status).toBe(400);
    }
  });

  test("the schemas of all tools together have a limit", async () => {
    const fake = serve({ limits: { toolBytes: 300 } });
    const parameters = { type: "object", properties: { a: { enum: ["x".repeat(80)] } } };
    const tools = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        type: "function",
        function: { name: `f${i}`, parameters },
      }));
    const ask = (count: number) =>
      fake.post("/v1/chat/completions", chat("x", { tools: tools(count), max_tokens: 2 }));
    expect((await ask(2)).status).toBe(200);
    const refused = await ask(3);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: "tools" } });
  });
});

describe("routes", () => {
  test("unknown paths, methods and odd paths", async () => {
    const fake = serve();
    expect((await fake.get("/nothing")).status).toBe(404);
    expect((await fake.get("/v1/chat/completions")).headers.get("allow")).toBe("POST");
    expect((await fake.send("PUT", "/api/sessions")).status).toBe(405);
    expect((await fake.get("/api/sessions/..%2f..%2fetc%2fpasswd")).status).toBe(404);
    expect((await fake.get("/api/sessions/%00%ff")).status).toBe(404);
  });

  test("requests that are no proper HTTP leave the server standing", async () => {
    const { server } = serve();
    const { port, url } = await server.listen({ port: 0 });
    for (const [text, status] of [
      ["GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400],
      ["GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
      ["TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405],
      ["GET //// HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404],
      ["nonsense\r\n\r\n", 400],
    ] as const) {
      expect(await sendRaw(port, text)).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    }
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test("the OpenAPI document names every route", async () => {
    const fake = serve();
    const document = (await (await fake.get("/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, object>;
      components: { schemas: object };
    };
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths).length).toBeGreaterThan(15);
    const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      (match) => match[1]!,
    );
    for (const name of names) expect(document.components.schemas).toHaveProperty(name);
  });

  test("figures count requests and tokens", async () => {
    const fake = serve();
    await fake.post("/v1/chat/completions", chat("Hi", { temperature: 0 }));
    await fake.post("/v1/chat/completions", chat("Hi", { temperature: 9 }));
    const text = await (await fake.get("/metrics")).text();
    expect(text).toContain(
      'colloquy_requests_total{route="/v1/chat/completions",method="POST",status="200"} 1',
    );
    expect(text).toContain(
      'colloquy_requests_total{route="/v1/chat/completions",method="POST",status="400"} 1',
    );
    expect(text).toContain('colloquy_tokens_total{kind="generated"} 12');
    expect(text).toMatch(/^colloquy_sequences 2$/m);
    expect(text).toMatch(/^nodejs_heap_size_used_bytes \d{6,}$/m);
    for (const line of text.trimEnd().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? -?[\d.e+]+)$/);
    }
  });
});

describe("the web client", () => {
  test("is read once and served from memory, and nothing else is", async () => {
    const folder = mkdtempSync(join(tmpdir(), "colloquy-web-"));
    mkdirSync(join(folder, "site", "assets"), { recursive: true });
    writeFileSync(join(folder, "secret.txt"), "secret");
    writeFileSync(join(folder, "site", "index.html"), "<p>hello");
    writeFileSync(join(folder, "site", "assets", "a.js"), "1");
    const fake = serve({ webDirectory: join(folder, "site"), apiKey: "k" });
    rmSync(folder, { recursive: true });
    const page = await fake.get("/");
    expect(await page.text()).toBe("<p>hello");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect((await fake.get("/assets/a.js")).headers.get("content-type")).toMatch(/javascript/);
    expect((await fake.get("/", { "if-none-match": page.headers.get("etag")! })).status).toBe(304);
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets",
      "/__proto__",
    ]) {
      expect((await fake.get(path)).status).toBe(404);
    }
  });
});

describe("streams", () => {
  test("a reader that does not read holds nobody", async () => {
    const { server, sequences } = serve({
      count: 1,
      fake: { next: replies("a".repeat(3000)) },
    });
    const { port, url } = await server.listen({ port: 0 });
    const body = JSON.stringify(chat("x", { stream: true, temperature: 0 }));
    const slow = await new Promise<IncomingMessage>((resolve) => {
      const outgoing = httpRequest(
        {
          port,
          path: "/v1/chat/completions",
          method: "POST",
          headers: { "content-type": "application/json" },
        },
        resolve,
      );
      outgoing.on("error", () => {});
      outgoing.end(body);
    });
    slow.pause();
    slow.on("error", () => {});
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(chat("y", { max_tokens: 1, temperature: 0 })),
    });
    expect(response.status).toBe(200);
    expect(sequences[0]!.calls).toHaveLength(2);
    slow.destroy();
  });

  test("the time limit ends a reply", async () => {
    const fake = serve({
      fake: { next: replies("a".repeat(3000)), delayMs: 3 },
      limits: { generationMs: 150 },
    });
    const response = await fake.post("/v1/chat/completions", chat("x", { temperature: 0 }));
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: "length" }] });
    const never = serve({ fake: { delayMs: 50 }, limits: { generationMs: 60 } });
    expect((await never.post("/v1/chat/completions", chat("x".repeat(1000)))).status).toBe(504);
  });

  test("closing ends what runs", async () => {
    const fake = serveFake({ count: 1, fake: { next: replies("a".repeat(3000)), delayMs: 3 } });
    const running = fake.post("/v1/chat/completions", chat("x", { temperature: 0, stream: true }));
    const waiting = fake.post("/v1/chat/completions", chat("y"));
    const response = await running;
    await fake.server.close();
    expect(await response.text()).toContain("data:");
    expect((await waiting).status).toBe(503);
    expect(fake.sequences[0]!.disposed).toBe(true);
    expect((await fake.post("/v1/chat/completions", chat("z"))).status).toBe(503);
  });
});
