import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeServer, serveFake } from "../../../test/server/fake-server.ts";
import { next, ping, tool } from "../../../test/server/scripted-answers.ts";

let fake: FakeServer;
let client: OpenAI;

beforeAll(async () => {
  fake = serveFake({ fake: { next } });
  const { url } = await fake.server.listen({ port: 0 });
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
});
afterAll(() => fake.server.close());

const ask = (content: string) => [{ role: "user" as const, content }];

describe("tools", () => {
  const create = (content: string, extra: object = {}) =>
    client.chat.completions.create({
      model: "fake",
      messages: ask(content),
      temperature: 0,
      tools: [tool, ping],
      max_tokens: 100,
      ...extra,
    });

  test("auto: a call is returned, and its result is answered", async () => {
    const first = await create("weather");
    const { message, finish_reason } = first.choices[0]!;
    expect(finish_reason).toBe("tool_calls");
    expect(message.content).toBeNull();
    const [call] = message.tool_calls!;
    expect(call).toMatchObject({ type: "function", function: { name: "getWeather" } });
    expect(JSON.parse((call as { function: { arguments: string } }).function.arguments)).toEqual({
      city: "Kiel",
    });
    const second = await client.chat.completions.create({
      model: "fake",
      temperature: 0,
      tools: [tool, ping],
      messages: [
        ...ask("weather"),
        message,
        { role: "tool", tool_call_id: call!.id, content: '{"degrees": 21}' },
      ],
    });
    expect(second.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "It is warm." } });
    expect(second.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(first.usage!.prompt_tokens);
  });

  test("auto: an answer without a call", async () => {
    const { choices } = await create("greet");
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello there!" } });
    expect(choices[0]!.message.tool_calls).toBeUndefined();
  });

  test("with response_format: a call, and an answer that fits once its result is there", async () => {
    const schema = {
      type: "object",
      properties: { warm: { type: "boolean" } },
      required: ["warm"],
      additionalProperties: false,
    };
    const response_format = { type: "json_schema", json_schema: { name: "weather", schema } };
    const { choices } = await create("weather", { response_format });
    const { message } = choices[0]!;
    expect(message.tool_calls).toMatchObject([{ function: { name: "getWeather" } }]);
    const messages = [
      ...ask("weather"),
      message,
      { role: "tool", tool_call_id: message.tool_calls![0]!.id, content: "warm" },
    ];
    const answered = await create("weather", { response_format, messages });
    expect(JSON.parse(answered.choices[0]!.message.content!)).toMatchObject({ warm: expect.any(Boolean) });
    const greeted = await create("greet", { response_format });
    expect(greeted.choices[0]!.finish_reason).toBe("stop");
    expect(JSON.parse(greeted.choices[0]!.message.content!)).toMatchObject({ warm: expect.any(Boolean) });
  });

  test("parameters: only what is required must be there, and nothing that is not listed", async () => {
    const parameters = {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city"],
    };
    const { choices } = await create("weather", {
      tools: [{ type: "function", function: { name: "getWeather", parameters } }],
    });
    const [call] = choices[0]!.message.tool_calls!;
    expect((call as { function: { arguments: string } }).function.arguments).toBe('{"city":"Kiel"}');
  });

  test("none: the model does not hear of them", async () => {
    const { choices } = await create("greet", { tool_choice: "none" });
    expect(choices[0]!.message.content).toBe("Hello there!");
    const { target } = fake.sequences
      .map(({ calls }) => calls.at(-1)!)
      .find(({ target }) => fake.model.detokenize(target, true).includes("greet"))!;
    expect(fake.model.detokenize(target, true)).not.toContain("getWeather");
  });

  test("required and named: a call comes whatever the model would write", async () => {
    const required = await create("greet", { tool_choice: "required", parallel_tool_calls: false });
    expect(required.choices[0]!.finish_reason).toBe("tool_calls");
    expect(required.choices[0]!.message.tool_calls).toHaveLength(1);
    const named = await create("weather", { tool_choice: { type: "function", function: { name: "ping" } } });
    expect(named.choices[0]!.message.tool_calls![0]).toMatchObject({
      function: { name: "ping", arguments: "{}" },
    });
  });

  test("streamed: the pieces join to the call", async () => {
    const stream = client.chat.completions.stream({
      model: "fake",
      messages: ask("weather"),
      temperature: 0,
      tools: [tool],
    });
    let deltas = 0;
    for await (const chunk of stream) deltas += chunk.choices[0]?.delta.tool_calls?.length ?? 0;
    expect(deltas).toBeGreaterThan(2);
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]!.finish_reason).toBe("tool_calls");
    expect(choices[0]!.message.tool_calls![0]).toMatchObject({
      id: expect.stringMatching(/^call_/),
      function: { name: "getWeather", arguments: '{"city": "Kiel"}' },
    });
  });
});
