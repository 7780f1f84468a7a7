import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashNext } from "../../../test/fake/fake-sequence.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { type FakeServer, serveFake } from "../../../test/server/fake-server.ts";
import { routes } from "./create-handler.ts";
import type { Route } from "./route.ts";

let fake: FakeServer;
const faults: unknown[] = [];
beforeAll(() => {
  fake = serveFake({
    count: 4,
    fake: { next: hashNext },
    onError: (error) => faults.push(error),
    limits: { bodyBytes: 200_000, messageLength: 2000, messages: 20, sessions: 500, queueLength: 1000 },
  });
});
afterAll(() => fake.server.close());

type Random = () => number;
const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[Math.floor(random() * values.length)]!;

const strings = [
  "",
  "x",
  "user",
  "\u0000",
  "\ud800",
  "😀",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "a".repeat(3000),
  "' OR 1=1 --",
  "<|im_end|>",
];
const numbers = [0, -1, 1, 0.5, 1e308, -1e308, 2 ** 53, 3, 16, 1e-9];

/** Any JSON value, small more often than large. */
function anything(random: Random, depth = 0): unknown {
  const kind = random();
  if (kind < 0.2) return pick(random, strings);
  if (kind < 0.4) return pick(random, numbers);
  if (kind < 0.6 || depth > 3) return pick(random, [null, true, false]);
  const length = Math.floor(random() * 4);
  if (kind < 0.8) return Array.from({ length }, () => anything(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length }, () => [
      pick(random, [...strings, "type", "role", "content", "text"]),
      anything(random, depth + 1),
    ]),
  );
}

const message = (random: Random) => ({
  role: pick(random, ["system", "user", "assistant", "tool", "developer", "model"]),
  content: pick<unknown>(random, ["hi", [{ type: "text", text: "hi" }], [{ type: "image_url" }], null]),
  tool_call_id: "a",
  tool_calls: pick<unknown>(random, [
    undefined,
    [{ id: "a", type: "function", function: { name: "f", arguments: pick(random, ["{}", "{", "null"]) } }],
  ]),
});

const schemas = [
  true,
  {},
  { type: "string", pattern: "(a+)+$" },
  { $ref: "#" },
  { type: "nonsense" },
  { anyOf: [] },
  { type: "object", properties: { a: { type: "integer" } } },
];

/** Values that fit their field, mostly. */
const fitting: Readonly<Record<string, (random: Random) => unknown>> = {
  messages: (random) => Array.from({ length: 1 + Math.floor(random() * 3) }, () => message(random)),
  prompt: (random) => pick<unknown>(random, ["hi", ["a", "b"], [1, 2, 3], [[1], [2]]]),
  input: (random) => pick<unknown>(random, ["hi", ["a"], [1]]),
  tools: (random) => [
    {
      type: "function",
      function: {
        name: pick(random, ["f", "", "a b", "__proto__"]),
        parameters: pick<unknown>(random, schemas),
      },
    },
  ],
  tool_choice: (random) =>
    pick<unknown>(random, ["auto", "none", "required", { type: "function", function: { name: "f" } }]),
  response_format: (random) =>
    pick<unknown>(random, [
      { type: "json_object" },
      { type: "json_schema", json_schema: { name: "x", schema: pick<unknown>(random, schemas) } },
    ]),
  settings: (random) => ({
    systemPrompt: "x",
    sampling: { temperature: pick(random, numbers) },
    schema: pick<unknown>(random, schemas),
  }),
  text: (random) => pick(random, strings),
  title: (random) => pick(random, strings),
  role: (random) => pick(random, ["user", "model", "system", "x"]),
  maxTokens: (random) => pick(random, numbers),
  max_tokens: () => 3,
  stream: (random) => random() < 0.5,
  stop: (random) => pick<unknown>(random, ["a", ["b", "c"], [], ""]),
  n: (random) => pick(random, [1, 2, 17]),
  seed: (random) => pick(random, numbers),
  temperature: (random) => pick(random, numbers),
  logprobs: (random) => pick<unknown>(random, [true, false, 2]),
  logit_bias: (random) => ({ [pick(random, ["97", "-1", "x", "1e2"])]: pick(random, numbers) }),
  before: (random) => pick(random, strings),
  through: (random) => pick(random, strings),
};

function bodyFor(random: Random): unknown {
  if (random() < 0.1) return anything(random);
  const body: Record<string, unknown> = { max_tokens: 3, messages: [{ role: "user", content: "hi" }] };
  if (random() < 0.5) delete body.messages;
  for (let i = 0; i < 4; i++) {
    const name = pick(random, Object.keys(fitting));
    body[name] = random() < 0.25 ? anything(random) : fitting[name]!(random);
  }
  // Chats refuse fields that they do not know, so most of these bodies must be smaller.
  if (random() < 0.4) return Object.fromEntries(Object.entries(body).filter(() => random() < 0.4));
  return body;
}

function requestFor(random: Random, route: Route, ids: readonly string[]): Request {
  const id = () =>
    encodeURIComponent(
      pick(random, random() < 0.7 && ids.length > 0 ? ids : ["x", "..", "\u0000", "%", "1'"]),
    );
  const path = route.path.replace(/\{\w+\}/g, id);
  const query =
    random() < 0.2 ? `?limit=${pick(random, ["1", "0", "-1", "x", "%00", "1e9", "999"])}&before=${id()}` : "";
  const hasBody = route.method !== "GET" && random() < 0.95;
  const text = JSON.stringify(bodyFor(random)) ?? "";
  const broken = random() < 0.05 ? text.slice(0, -1) : text;
  return new Request(`http://localhost${path}${query}`, {
    method: route.method,
    ...(hasBody
      ? { body: broken, headers: { "content-type": random() < 0.97 ? "application/json" : "text/xml" } }
      : {}),
  });
}

describe("seeded random requests", () => {
  test.each([1, 2, 3, 4])("seed %i: every answer is a proper one", async (seed) => {
    const random = seededRandom(seed);
    const ids: string[] = [];
    const statuses = new Map<number, number>();
    for (let i = 0; i < 500; i++) {
      const route = pick(random, routes);
      const request = requestFor(random, route, ids);
      const shown = `${request.method} ${request.url}`;
      const response = await fake.server.fetch(request);
      const text = await response.text();
      expect(faults.splice(0), shown).toEqual([]);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      expect(response.status < 500, `${shown}: ${response.status} ${text}`).toBe(true);
      if (response.status >= 400) {
        expect(JSON.parse(text)).toEqual({
          error: {
            message: expect.any(String),
            type: expect.any(String),
            param: expect.toSatisfy((param) => param === null || typeof param === "string"),
            code: expect.any(String),
          },
        });
        expect(JSON.parse(text).error.code).not.toBe("internal");
      }
      expect(text, shown).not.toContain('"code":"internal"');
      if (response.status === 201) ids.push((JSON.parse(text) as { id: string }).id);
    }
    expect(statuses.get(200) ?? 0).toBeGreaterThan(50);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(50);
    expect((await fake.get("/health")).status).toBe(200);
  });
});
