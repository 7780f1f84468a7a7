import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeServer, parseEvents, serveFake } from "../../../test/server/fake-server.ts";
import { next, tool } from "../../../test/server/scripted-answers.ts";
import { routes } from "../http/create-handler.ts";

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, ResponseObject> }>>;
  readonly components: object;
}
interface ResponseObject {
  readonly headers?: object;
  readonly content?: Record<string, { schema?: object }>;
}

let fake: FakeServer;
let document: Document;
let ajv: Ajv2020;
beforeAll(async () => {
  fake = serveFake({
    fake: { next },
    embeddings: {
      contextSize: 100,
      calculateInputLength: (input) => input.length,
      getEmbeddingFor: async () => ({ vector: [3, 4] }),
    },
  });
  document = (await (await fake.get("/openapi.json")).json()) as Document;
  ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "document", components: document.components });
});
afterAll(() => fake.server.close());

const seen = new Set<string>();

function check(name: string, value: unknown): void {
  const isValid = ajv.validate({ $ref: `document#/components/schemas/${name}` }, value);
  expect(isValid, `${name}: ${ajv.errorsText()} in ${JSON.stringify(value)}`).toBe(true);
}

/** Sends a request and holds the answer to what the document says about it. */
// biome-ignore lint/suspicious/noExplicitAny: any JSON
async function ask(method: string, template: string, path = template, body?: object): Promise<any> {
  const response = await fake.send(method, path, body);
  const said = document.paths[template]![method.toLowerCase()]!.responses[String(response.status)];
  expect(said, `${method} ${path}: ${response.status}`).toBeDefined();
  seen.add(`${method} ${template}`);
  const answer = await response.text();
  if (said!.content === undefined) return expect(answer).toBe("");
  const type = response.headers.get("content-type")!.split(";", 1)[0]!;
  expect(said!.content).toHaveProperty([type]);
  for (const header of Object.keys(said!.headers ?? {})) expect(response.headers.get(header)).not.toBeNull();
  if (type !== "application/json") return answer;
  const schema = JSON.parse(
    JSON.stringify(said!.content[type]!.schema).replaceAll('"#/components', '"document#/components'),
  );
  const isValid = ajv.validate(schema, JSON.parse(answer));
  expect(isValid, `${method} ${path}: ${ajv.errorsText()} in ${answer}`).toBe(true);
  return JSON.parse(answer);
}
const say = (content: string, extra: object = {}) => ({ messages: [{ role: "user", content }], ...extra });

describe("answers are as the document says", () => {
  test("the service's own", async () => {
    for (const path of ["/health", "/metrics", "/openapi.json", "/api/info"]) await ask("GET", path);
  });

  test("OpenAI's interface", async () => {
    const chat = "/v1/chat/completions";
    await ask("POST", chat, chat, say("greet", { n: 2, logprobs: true, top_logprobs: 2 }));
    await ask("POST", chat, chat, say("weather", { tools: [tool], temperature: 0 }));
    await ask("POST", chat, chat, say("greet", { temperature: 9 }));
    for (const extra of [{ logprobs: true }, { tools: [tool], temperature: 0 }]) {
      const options = { stream: true, stream_options: { include_usage: true }, ...extra };
      const events = parseEvents(await ask("POST", chat, chat, say("weather", options)));
      expect(events.length).toBeGreaterThan(3);
      for (const { data } of events.slice(0, -1)) check("ChatCompletionChunk", data);
    }
    const completions = "/v1/completions";
    await ask("POST", completions, completions, { prompt: ["a", "b"], max_tokens: 3, logprobs: 1 });
    const streamed = await ask("POST", completions, completions, {
      prompt: "a",
      max_tokens: 3,
      stream: true,
    });
    for (const { data } of parseEvents(streamed).slice(0, -1)) check("Completion", data);
    for (const encoding_format of ["float", "base64"]) {
      await ask("POST", "/v1/embeddings", "/v1/embeddings", { input: ["a", "b"], encoding_format });
    }
    const { data } = await ask("GET", "/v1/models");
    await ask("GET", "/v1/models/{id}", `/v1/models/${data[0].id}`);
    await ask("GET", "/v1/models/{id}", "/v1/models/another");
  });

  test("chats and messages", async () => {
    const one = "/api/sessions/{id}";
    const { id } = await ask("POST", "/api/sessions", "/api/sessions", {
      settings: { sampling: { temperature: 0, maxTokens: 4 } },
      messages: [{ role: "user", text: "greet" }],
    });
    const at = (path: string) => path.replace("{id}", id);
    for (const path of [`${one}/prompt`, `${one}/retry`]) {
      const events = parseEvents(await ask("POST", path, at(path)));
      expect(events.at(-1)!.name).toBe("done");
      for (const { name, data } of events) {
        if (data.message) check("Message", data.message);
        if (name === "context") check("ContextReport", data);
        if (name === "done") check("ReplyStats", data.stats);
      }
    }
    const { messages } = await ask("GET", one, at(one));
    await ask("PATCH", one, at(one), { title: "x" });
    await ask("GET", "/api/sessions");
    await ask("POST", `${one}/cancel`, at(`${one}/cancel`));
    await ask("POST", `${one}/complete`, at(`${one}/complete`), { text: "a" });
    await ask("POST", `${one}/messages`, at(`${one}/messages`), { role: "system", text: "a" });
    const message = `${one}/messages/{messageId}`;
    await ask("PATCH", message, at(message).replace("{messageId}", messages[0].id), { text: "b" });
    await ask("DELETE", message, at(message).replace("{messageId}", messages[1].id));
    await ask("POST", `${one}/undo`, at(`${one}/undo`));
    await ask("POST", `${one}/fork`, at(`${one}/fork`));
    await ask("DELETE", one, at(one));
    await ask("GET", one, at(one));
  });

  test("every route was asked, and has a name of its own", () => {
    expect([...seen].sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => (one as unknown as { operationId: string }).operationId),
    );
    expect(new Set(ids).size).toBe(routes.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/);
  });
});
