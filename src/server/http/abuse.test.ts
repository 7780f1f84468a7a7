import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeServer, serveFake } from "../../../test/server/fake-server.ts";

let fake: FakeServer;
let port: number;
const faults: unknown[] = [];
beforeAll(async () => {
  fake = serveFake({
    count: 2,
    fake: { next: () => 97 as never },
    limits: { bodyBytes: 50_000, headersMs: 200, requestMs: 400, generationMs: 20_000 },
    onError: (error) => faults.push(error),
  });
  ({ port } = await fake.server.listen({ port: 0 }));
});
afterAll(async () => {
  await fake.server.close();
  expect(faults).toEqual([]);
});

interface Wire {
  readonly socket: Socket;
  /** Everything that came, until the other side ends. */
  readonly answer: Promise<string>;
}

function open(bytes: string | Buffer): Wire {
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  return { socket, answer: new Promise((resolve) => socket.once("close", () => resolve(answer))) };
}

const head = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, "host: localhost", ...headers].join("\r\n")}\r\n\r\n`;

function post(path: string, body: string | Buffer, ...headers: string[]): Buffer {
  const bytes = Buffer.from(body);
  const own = ["content-type: application/json", `content-length: ${bytes.byteLength}`, "connection: close"];
  return Buffer.concat([Buffer.from(head(`POST ${path}`, ...own, ...headers)), bytes]);
}
const chatPath = "/v1/chat/completions";
const status = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const chat = (extra: string) => `{"messages":[{"role":"user","content":"hi"}],"max_tokens":2${extra}}`;

async function figure(name: string): Promise<number> {
  const text = await (await fake.get("/metrics")).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}
/** Looks until something is so; the test's own time limit ends it otherwise. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("bodies", () => {
  const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  test.each<[string, string | Buffer]>([
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    [
      "a surrogate in UTF-8",
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    ["nothing", ""],
    ["deep arrays", deep("[", "]", 20_000)],
    ["deep objects", `${'{"a":'.repeat(8000)}1${"}".repeat(8000)}`],
    ["deep fields", chat(`,"tools":${deep("[", "]", 2000)}`)],
    ["NaN", chat(',"temperature":NaN')],
    ["a number without an end", chat(',"temperature":1e999')],
    ["a negative number", chat(',"n":-1')],
    ["a negative limit", '{"messages":[{"role":"user","content":"hi"}],"max_tokens":-5}'],
    ["a fraction", chat(',"top_k":1.5')],
    ["a prototype as a tool", chat(',"tools":[{"type":"function","function":{"name":"__proto__"}}]')],
    ["a prototype as a token", chat(',"logit_bias":{"__proto__":1,"constructor":2}')],
    ["a prototype's field", '{"__proto__":{"messages":[{"role":"user","content":"hi"}]}}'],
  ])("%s", async (_name, body) => {
    expect(status(await open(post(chatPath, body)).answer)).toBe(400);
  });

  test("prototypes in a schema and in a chat change nothing", async () => {
    const schema = '{"type":"object","properties":{"__proto__":{"const":1}},"required":["__proto__"]}';
    const format = `,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":${schema}}}`;
    expect(status(await open(post(chatPath, chat(format))).answer)).toBeLessThan(500);
    expect(
      status(await open(post("/api/sessions", '{"title":"a","__proto__":{"settings":{}}}')).answer),
    ).toBe(400);
    expect(({} as Record<string, unknown>).settings).toBeUndefined();
  });

  test.each([
    [
      "that says so",
      post(chatPath, chat(""))
        .toString()
        .replace(/content-length: \d+/, "content-length: 90000000"),
    ],
    [
      "that does not",
      `${head(`POST ${chatPath}`, "content-type: application/json", "transfer-encoding: chunked")}ffffff\r\n${"a".repeat(200_000)}`,
    ],
  ])("a huge body %s", async (_name, bytes) => {
    expect(status(await open(bytes).answer)).toBe(413);
  });

  test.each([
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/jsonp",
  ])("the content type %s", async (type) => {
    const bytes = post(chatPath, chat("")).toString().replace("application/json", type);
    expect(status(await open(bytes).answer)).toBe(415);
  });
});

describe("requests", () => {
  test("headers that never end are not waited for", async () => {
    const slow = open("GET /health HTTP/1.1\r\nhost: localhost\r\n");
    const drip = setInterval(() => slow.socket.write("x-a: b\r\n"), 20);
    expect(status(await slow.answer)).toBe(408);
    clearInterval(drip);
  });

  test("a body that never ends is not waited for", async () => {
    const slow = open(head(`POST ${chatPath}`, "content-type: application/json", "content-length: 40000"));
    const drip = setInterval(() => slow.socket.write(" "), 20);
    expect([408, 400]).toContain(status(await slow.answer));
    clearInterval(drip);
  });

  test("a flood of headers", async () => {
    const many = Array.from({ length: 3000 }, (_, i) => `x-${i}: ${i}`);
    expect(status(await open(head("GET /health", ...many)).answer)).toBe(431);
    expect(status(await open(head("GET /health", `x-long: ${"a".repeat(40_000)}`)).answer)).toBe(431);
  });

  test("pipelined requests are answered in their order", async () => {
    const answer = await open(
      head("GET /health") +
        head("GET /v1/models") +
        head("GET /nowhere") +
        head("GET /health", "connection: close"),
    ).answer;
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code)).toEqual([
      "200",
      "200",
      "404",
      "200",
    ]);
  });

  test("a client that goes away while it sends its body is no fault of the server", async () => {
    const before = await figure('colloquy_requests_total{.*status="400"}');
    const { socket } = open(
      head(`POST ${chatPath}`, "content-type: application/json", "content-length: 40000"),
    );
    setTimeout(() => socket.destroy(), 50);
    await until(async () => (await figure('colloquy_requests_total{.*status="400"}')) > before);
    expect(faults).toEqual([]);
  });

  test("a smuggled second length or an odd encoding", async () => {
    const twice = head(`POST ${chatPath}`, "content-length: 5", "transfer-encoding: chunked");
    expect(status(await open(`${twice}0\r\n\r\n`).answer)).toBe(400);
    expect(
      status(await open(head(`POST ${chatPath}`, "content-length: 5", "content-length: 6")).answer),
    ).toBe(400);
  });

  test.each([
    "/../../etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/%00",
    "//etc/passwd",
    "/api/sessions/..%2f..%2fetc%2fpasswd",
  ])("the path %s leads nowhere", async (path) => {
    const answer = await open(head(`GET ${path}`, "connection: close")).answer;
    expect([400, 404]).toContain(status(answer));
    expect(answer).not.toContain("root:");
  });

  test("HEAD and OPTIONS", async () => {
    const seen = await open(head("HEAD /health", "connection: close")).answer;
    expect(status(seen)).toBe(200);
    expect(seen).toMatch(/\r\n\r\n$/);
    expect(status(await open(head(`HEAD ${chatPath}`, "connection: close")).answer)).toBe(405);
    const asked = await open(head(`OPTIONS ${chatPath}`, "connection: close")).answer;
    expect(status(asked)).toBe(204);
    expect(asked.toLowerCase()).not.toContain("access-control");
  });
});

describe("clients", () => {
  const endless = (path: string, body: string) => open(post(path, body));
  const streamed = '{"messages":[{"role":"user","content":"hi"}],"stream":true,"temperature":0}';

  test.each([
    ["of a stream", streamed],
    ["of a whole answer", streamed.replace('"stream":true', '"stream":false')],
  ])("one that goes away in the middle %s stops the generation within a token", async (_name, body) => {
    const { socket } = endless(chatPath, body);
    await until(async () => (await figure("colloquy_sequences_busy")) === 1);
    const working = fake.sequences.find(({ calls }) => calls.at(-1)?.options.signal?.aborted === false)!;
    const { signal } = working.calls.at(-1)!.options;
    let atAbort = Number.NaN;
    signal!.addEventListener("abort", () => {
      atAbort = working.contextTokens.length;
    });
    socket.destroy();
    await until(async () => (await figure("colloquy_sequences_busy")) === 0);
    expect(working.contextTokens.length - atAbort).toBeLessThanOrEqual(1);
  });

  test("one that does not read is cut off, and holds nobody up meanwhile", async () => {
    const { socket } = endless(chatPath, streamed);
    socket.pause();
    await until(async () => (await figure("colloquy_sequences_busy")) === 1);
    const other = await open(post(chatPath, chat(""))).answer;
    expect(status(other)).toBe(200);
    await until(async () => (await figure("colloquy_sequences_busy")) === 0);
    socket.destroy();
  });
});
