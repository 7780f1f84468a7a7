import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BlockingHttp } from "./blocking-http.ts";
import { HttpEndpoint } from "./http-endpoint.ts";
import { TransportError } from "./transport-error.ts";

/** A server in a thread of its own: in this one nothing can answer while it waits. */
const program = `
const { createServer } = require("node:http");
const { parentPort } = require("node:worker_threads");
let asked = 0;
const server = createServer((request, response) => {
  let text = "";
  request.on("data", (part) => { text += part; });
  request.on("end", () => {
    asked++;
    const { status = 200, silent = false, cutFirst = 0 } = JSON.parse(text);
    if (silent) return;
    if (asked <= cutFirst) return request.socket.destroy();
    response.writeHead(status).end(JSON.stringify({ asked, key: request.headers.authorization, text }));
  });
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

let thread: Worker;
let url: string;
beforeAll(async () => {
  thread = new Worker(program, { eval: true });
  const [port] = await once(thread, "message");
  url = `http://127.0.0.1:${port}`;
});
afterAll(() => thread.terminate());

test("an answer is there when the call returns; a broken connection is tried once more", () => {
  const endpoint = new HttpEndpoint({ url: `${url}/`, apiKey: "secret", sessionHeader: "x" });
  expect(endpoint.jsonNow("/a", { cutFirst: 1, text: "é" })).toMatchObject({
    asked: 2,
    key: "Bearer secret",
    text: '{"cutFirst":1,"text":"é"}',
  });
  expect(endpoint.jsonNow("/a", {})).toMatchObject({ asked: 3 });
  expect(() => endpoint.jsonNow("/a", { status: 400 })).toThrow(
    expect.objectContaining({ code: "unsupported" }),
  );
  expect(() => endpoint.jsonNow("/a", { status: 502 })).toThrow(TransportError);
  endpoint.close();
  expect(endpoint.jsonNow("/a", {})).toMatchObject({ key: "Bearer secret" });
  endpoint.close();
});

test("a server that does not answer is not waited for for ever, and its late answer is nobody else's", () => {
  const http = new BlockingHttp(60);
  const call = (body: object) => http.post({ url, headers: {}, body: JSON.stringify(body) });
  expect(() => call({ silent: true })).toThrow("did not answer within 60 ms");
  http.close();
  const patient = new BlockingHttp(20_000);
  expect(patient.post({ url, headers: {}, body: '{"mark":1}' })).toMatchObject({ text: '{"mark":1}' });
  expect(() => patient.post({ url: "http://127.0.0.1:1", headers: {}, body: "{}" })).toThrow(
    "cannot be reached",
  );
  patient.close();
});
