import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { type FakeServer, serveFake } from "../../../test/server/fake-server.ts";
import { next, ping } from "../../../test/server/scripted-answers.ts";

let fake: FakeServer;
let client: OpenAI;

beforeAll(async () => {
  fake = serveFake({ fake: { next }, apiKey: "secret" });
  const { url } = await fake.server.listen({ port: 0 });
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "secret", maxRetries: 0 });
});
afterAll(() => fake.server.close());

const ask = (content: string) => [{ role: "user" as const, content }];

describe("chat completions", () => {
  test("a whole answer with usage; the history that is sent again is not evaluated again", async () => {
    const messages = [{ role: "system" as const, content: "Be kind to everyone." }, ...ask("greet")];
    const first = await client.chat.completions.create({ model: "fake", messages, temperature: 0 });
    expect(first.choices[0]).toMatchObject({
      index: 0,
      finish_reason: "stop",
      logprobs: null,
      message: { role: "assistant", content: "Hello there!" },
    });
    expect(first.usage!.completion_tokens).toBe(12);
    expect(first.usage!.total_tokens).toBe(first.usage!.prompt_tokens + 12);
    const more = [...messages, first.choices[0]!.message, ...ask("Well?")];
    const second = await client.chat.completions.create({ model: "fake", messages: more, temperature: 0 });
    expect(second.choices[0]!.message.content).toBe("Yes.");
    const cached = second.usage!.prompt_tokens_details!.cached_tokens!;
    expect(cached).toBeGreaterThanOrEqual(first.usage!.prompt_tokens + 11);
  });

  test("streaming: the pieces, the end and the usage", async () => {
    const stream = await client.chat.completions.create({
      model: "fake",
      messages: ask("greet"),
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta.role).toBe("assistant");
    const text = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? ""));
    expect(text.join("")).toBe("Hello there!");
    expect(text.filter((piece) => piece !== "").length).toBeGreaterThan(3);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test("stop, max_tokens and n", async () => {
    const create = (extra: object) =>
      client.chat.completions.create({ model: "fake", messages: ask("stop"), temperature: 0, ...extra });
    const stopped = await create({ stop: [" three"] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "one two" } });
    const cut = await create({ max_completion_tokens: 3 });
    expect(cut.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "one" } });
    const many = await create({ n: 3 });
    expect(many.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(many.choices.map(({ message }) => message.content))).toEqual(
      new Set(["one two three four"]),
    );
    expect(many.usage!.completion_tokens).toBe(3 * 18);
  });

  test("log probabilities of the text's own tokens", async () => {
    const { choices } = await client.chat.completions.create({
      model: "fake",
      messages: ask("stop"),
      temperature: 0,
      stop: " three",
      logprobs: true,
      top_logprobs: 2,
    });
    const content = choices[0]!.logprobs!.content!;
    expect(content.map(({ token }) => token).join("")).toBe("one two");
    expect(content[0]).toEqual({
      token: "o",
      logprob: -0.5,
      bytes: [111],
      top_logprobs: [
        { token: "o", logprob: -0.5, bytes: [111] },
        { token: "a", logprob: -1, bytes: [97] },
      ],
    });
  });

  test("the pieces of a stream carry the log probabilities of their tokens", async () => {
    const stream = await client.chat.completions.create({
      model: "fake",
      messages: ask("greet"),
      temperature: 0,
      logprobs: true,
      stream: true,
    });
    let text = "";
    for await (const { choices } of stream) {
      const tokens = choices[0]?.logprobs?.content ?? [];
      expect(tokens.map(({ token }) => token).join("")).toBe(choices[0]?.delta.content ?? "");
      expect(tokens.every(({ top_logprobs }) => top_logprobs.length === 0)).toBe(true);
      text += choices[0]?.delta.content ?? "";
    }
    expect(text).toBe("Hello there!");
  });
});

describe("formats", () => {
  test("json_schema", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string", maxLength: 5 }, rain: { type: "boolean" } },
      required: ["city", "rain"],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      model: "fake",
      messages: ask("greet"),
      response_format: { type: "json_schema", json_schema: { name: "weather", schema, strict: true } },
    });
    const value = JSON.parse(choices[0]!.message.content!);
    expect(value).toEqual({ city: expect.any(String), rain: expect.any(Boolean) });
  });

  test("json_object", async () => {
    const { choices } = await client.chat.completions.create({
      model: "fake",
      messages: ask("greet"),
      max_tokens: 200,
      response_format: { type: "json_object" },
    });
    expect(choices[0]!.message.content).toMatch(/^\{/);
  });
});

describe("other endpoints", () => {
  test("completions, whole and streamed", async () => {
    const whole = await client.completions.create({
      model: "fake",
      prompt: ["<a>", "<b>"],
      max_tokens: 4,
      temperature: 0,
      logprobs: 1,
    });
    expect(whole.choices).toHaveLength(2);
    expect(whole.choices[0]!.logprobs!.tokens!.join("")).toBe(whole.choices[0]!.text);
    expect(whole.usage).toMatchObject({ prompt_tokens: 6 });
    const stream = await client.completions.create({
      model: "fake",
      prompt: "<a>",
      max_tokens: 4,
      temperature: 0,
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? "";
    expect(text).toBe(whole.choices[0]!.text);
    const echoed = await client.completions.create({
      model: "fake",
      prompt: "<a>",
      max_tokens: 4,
      temperature: 0,
      echo: true,
    });
    expect(echoed.choices[0]!.text).toBe(`<a>${text}`);
  });

  test("models", async () => {
    const { data } = await client.models.list();
    expect(data).toMatchObject([{ id: "fake", object: "model" }]);
    expect(await client.models.retrieve("fake")).toMatchObject({ id: "fake" });
    await expect(client.models.retrieve("other")).rejects.toMatchObject({
      status: 404,
      code: "model-not-found",
    });
  });

  test("embeddings need a source", async () => {
    await expect(client.embeddings.create({ model: "fake", input: "a" })).rejects.toMatchObject({
      status: 400,
      code: "unsupported",
    });
    const embeddings = {
      contextSize: 8,
      calculateInputLength: () => 2,
      getEmbeddingFor: async (input: string | number[]) => ({ vector: [3, input.length === 1 ? 4 : 0] }),
    };
    const other = serveFake({ embeddings });
    const { url } = await other.server.listen({ port: 0 });
    const second = new OpenAI({ baseURL: `${url}/v1`, apiKey: "x", maxRetries: 0 });
    const { data, usage } = await second.embeddings.create({ model: "fake", input: ["a", "bc"] });
    expect(data.map(({ embedding }) => embedding.map((value) => Math.round(value * 1000) / 1000))).toEqual([
      [0.6, 0.8],
      [1, 0],
    ]);
    expect(usage.prompt_tokens).toBe(4);
    const floats = await second.embeddings.create({ model: "fake", input: "a", encoding_format: "float" });
    expect(floats.data[0]!.embedding).toEqual([0.6, 0.8]);
    await other.server.close();
  });
});

describe("refusals", () => {
  const refused = async (body: object) => {
    try {
      await client.chat.completions.create({ model: "fake", messages: ask("x"), ...body } as never);
    } catch (error) {
      return error as InstanceType<typeof OpenAI.APIError>;
    }
    throw new Error("nothing was refused");
  };

  test.each<[string, object, string]>([
    ["temperature", { temperature: 3 }, "invalid-argument"],
    ["messages", { messages: [] }, "invalid-argument"],
    [
      "messages[0].content[0].image_url.url",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }] },
      "media-unsupported",
    ],
    ["tool_choice", { tool_choice: "required" }, "invalid-argument"],
    ["top_logprobs", { top_logprobs: 3 }, "invalid-argument"],
    [
      "tools[0].function.parameters",
      { tools: [{ ...ping, function: { name: "f", parameters: true } }] },
      "invalid-argument",
    ],
    ["logit_bias.999999", { logit_bias: { 999999: 1 } }, "invalid-argument"],
  ])("%s", async (param, body, code) => {
    const error = await refused(body);
    expect(error).toMatchObject({ status: 400, code, param, type: "invalid_request_error" });
  });

  test("what does not fit into the context", async () => {
    const messages = ask("x".repeat(5000));
    expect(await refused({ messages })).toMatchObject({ status: 400, code: "context-overflow" });
    expect(await refused({ messages, stream: true })).toMatchObject({
      status: 400,
      code: "context-overflow",
    });
  });

  test("a schema that no grammar can be made of", async () => {
    const json_schema = { name: "x", schema: { not: { type: "string" } } };
    const error = await refused({ response_format: { type: "json_schema", json_schema } });
    expect(error).toMatchObject({ status: 400, code: expect.stringMatching(/^grammar-/) });
  });

  test("a wrong key", async () => {
    const stranger = client.withOptions({ apiKey: "guess" });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, type: "authentication_error" });
  });
});

test("a client that goes away stops its generation", async () => {
  const slow = serveFake({ count: 1, fake: { next: replies("a".repeat(3000)), delayMs: 2 } });
  const { url } = await slow.server.listen({ port: 0 });
  const other = new OpenAI({ baseURL: `${url}/v1`, apiKey: "x", maxRetries: 0 });
  const stream = await other.chat.completions.create({
    model: "fake",
    messages: ask("x"),
    temperature: 0,
    stream: true,
  });
  for await (const _chunk of stream) break;
  stream.controller.abort();
  // The only sequence is free again long before the reply would have come to its end.
  const whole = await other.chat.completions.create({ model: "fake", messages: ask("y"), max_tokens: 2 });
  expect(whole.choices[0]!.finish_reason).toBe("length");
  const [first] = slow.sequences[0]!.calls;
  expect(first!.options.signal?.aborted).toBe(true);
  await slow.server.close();
});
