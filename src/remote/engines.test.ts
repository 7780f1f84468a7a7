import { afterEach, describe, expect, test } from "vitest";
import { FakeModel } from "../../test/fake/fake-model.ts";
import { type Answer, ImitationServer, sendEvents, sendJson } from "../../test/remote/imitation-server.ts";
import type { Token } from "../engine/token.ts";
import { HttpEndpoint } from "./http/http-endpoint.ts";
import { TransportError } from "./http/transport-error.ts";
import { LlamaServerEngine } from "./llama-server/llama-server-engine.ts";
import { probeEngine } from "./probe-engine.ts";
import type { RemoteEngine, RemoteEvent, RemoteRequest } from "./remote-engine.ts";
import { remoteSampling } from "./remote-sampling.ts";
import { VllmEngine } from "./vllm/vllm-engine.ts";

const model = new FakeModel({ words: ["ab"] });
let server: ImitationServer | undefined;
afterEach(() => server?.close());

async function open(type: "llama-server" | "vllm", answer: Answer): Promise<RemoteEngine> {
  server = new ImitationServer(answer);
  const url = `${await server.listen()}/`;
  const endpoint = new HttpEndpoint({
    url,
    apiKey: "secret",
    headers: { "x-a": "b" },
    sessionHeader: "x-key",
  });
  return type === "vllm" ? new VllmEngine(endpoint) : new LlamaServerEngine(endpoint, () => model);
}

function request(more: Partial<RemoteRequest> = {}): RemoteRequest {
  return {
    promptIds: [1, 2, 3] as Token[],
    maxTokens: 4,
    sampling: remoteSampling(),
    logprobs: 0,
    sessionKey: "me",
    signal: new AbortController().signal,
    ...more,
  };
}

async function events(engine: RemoteEngine, asked = request()): Promise<RemoteEvent[]> {
  const found: RemoteEvent[] = [];
  for await (const event of engine.stream(asked, "served")) found.push(event);
  return found;
}

const token = (id: number) => ({ type: "token", token: id });

describe("llama-server", () => {
  const part = (content: string, tokens: number[], tokens_predicted: number, more = {}) => ({
    content,
    tokens,
    tokens_predicted,
    stop: false,
    ...more,
  });
  const last = (tokens_predicted: number, stop_type = "limit") =>
    part("", [], tokens_predicted, { stop: true, stop_type, timings: { cache_n: 2 } });
  const bytes = (text: string) => [...new TextEncoder().encode(text)];

  test("sends ids, the key and the session, and reads ids, the cache and the finish", async () => {
    const progress = { ...part("", [], 0), prompt_progress: { total: 3, cache: 2, processed: 2 } };
    const engine = await open("llama-server", (_, response) =>
      sendEvents(response, [progress, part("a", [97], 1), part("", [257], 2), last(2, "eos")]),
    );
    expect(await events(engine)).toEqual([
      { type: "cached", tokens: 2 },
      token(97),
      token(257),
      { type: "finish", reason: "eog", cachedTokens: 2 },
    ]);
    const [{ body, headers, path }] = server!.requests as [ImitationServer["requests"][0]];
    expect(path).toBe("/completion");
    expect(headers).toMatchObject({ authorization: "Bearer secret", "x-a": "b", "x-key": "me" });
    expect(body).toMatchObject({ prompt: [1, 2, 3], n_predict: 4, stream: true, return_tokens: true });
    expect(body).toMatchObject({ temperature: 0, model: "served" });
    expect(body).not.toHaveProperty("grammar");
  });

  test("tokens that the stream leaves out are found by the bytes of their text", async () => {
    const [a, b, c] = bytes("你");
    const engine = await open("llama-server", (_, response) =>
      sendEvents(response, [part("x", [120], 1), part("你", [c!], 4), last(4)]),
    );
    expect((await events(engine)).slice(0, 4)).toEqual([120, a, b, c].map((id) => token(id!)));
  });

  test.each([
    ["whose text is broken", part("\ufffd", [160], 2)],
    ["whose text has several readings", part("abab你", [160], 6)],
    ["that nothing follows", last(2)],
  ])("tokens %s are called untold", async (_, event) => {
    const engine = await open("llama-server", (__, response) => sendEvents(response, [event, last(9)]));
    expect(await events(engine)).toEqual([{ type: "untold", count: event.tokens_predicted }]);
  });

  test("log probabilities, and none that the server keeps to itself", async () => {
    const completion_probabilities = [
      {
        id: 97,
        logprob: -0.5,
        top_logprobs: [
          { id: 97, logprob: -0.5 },
          { id: 98, logprob: -2 },
        ],
      },
    ];
    const engine = await open("llama-server", (_, response) =>
      sendEvents(response, [part("a", [97], 1, { completion_probabilities }), part("你", [160], 4), last(4)]),
    );
    const stream = engine.stream(request({ logprobs: 2 }), "served");
    expect((await stream.next()).value).toMatchObject({
      logprobs: {
        token: -0.5,
        top: [
          [97, -0.5],
          [98, -2],
        ],
      },
    });
    await expect(stream.next()).rejects.toMatchObject({ code: "unsupported" });
  });

  test.each<[string, Answer]>([
    ["a stream without a finish", (_, response) => sendEvents(response, [part("a", [97], 1)], false)],
    [
      "a broken connection",
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write('data: {"cont', () => response.destroy());
      },
    ],
    ["a router without workers", (_, response) => sendJson(response, {}, 502)],
    ["an error as an event", (_, response) => sendEvents(response, [{ error: { message: "no" } }])],
    ["no JSON", (_, response) => void response.writeHead(200).end("data: nonsense\n\n")],
  ])("%s is a transport error", async (_, answer) => {
    await expect(events(await open("llama-server", answer))).rejects.toBeInstanceOf(TransportError);
  });

  test("a connection that the server closed is tried once more, and no longer", async () => {
    let asked = 0;
    const engine = await open("llama-server", (_, response) => {
      asked++;
      if (asked === 1) return void response.destroy();
      sendEvents(response, [part("a", [97], 1), last(1)]);
    });
    expect(await events(engine)).toHaveLength(2);
    server!.answer = (_, response) => {
      asked++;
      response.destroy();
    };
    await expect(events(engine)).rejects.toThrow("cannot be reached");
    expect(asked).toBe(4);
  });

  test("a refused request is told with the server's words, and not sent again", async () => {
    const engine = await open("llama-server", (_, response) =>
      sendJson(response, { error: "bad grammar" }, 400),
    );
    await expect(events(engine)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("bad grammar"),
    });
  });

  test("leaving the stream closes the connection", async () => {
    const engine = await open("llama-server", (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(part("a", [97], 1))}\n\n`);
    });
    for await (const event of engine.stream(request(), "served")) {
      expect(event).toEqual(token(97));
      break;
    }
    while (server!.leftEarly === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server!.leftEarly).toBe(1);
  });
});

describe("vLLM (an imitation of it)", () => {
  const part = (token_ids: number[], more = {}) => ({
    choices: [{ text: "x", token_ids, finish_reason: null, ...more }],
  });
  const usage = { choices: [], usage: { prompt_tokens_details: { cached_tokens: 128 } } };

  test("sends and reads what its interface has", async () => {
    const engine = await open("vllm", (_, response) =>
      sendEvents(response, [part([97, 98]), part([257], { finish_reason: "stop" }), usage]),
    );
    const sampling = remoteSampling({
      temperature: 0.5,
      topK: 7,
      topP: 0.8,
      minP: 0.1,
      seed: 5,
      tokenBias: new Map([
        [9 as Token, 2],
        [10 as Token, Number.NEGATIVE_INFINITY],
      ]),
    });
    const asked = request({ sampling, grammar: 'root ::= "a" <[12]>' });
    expect(await events(engine, asked)).toEqual([
      token(97),
      token(98),
      { type: "cached", tokens: 128 },
      token(257),
      { type: "finish", reason: "eog", cachedTokens: 128 },
    ]);
    const { body, headers, path } = server!.requests[0]!;
    expect(path).toBe("/v1/completions");
    expect(headers["x-key"]).toBe("me");
    expect(body).toEqual({
      model: "served",
      prompt: [1, 2, 3],
      max_tokens: 4,
      return_token_ids: true,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_k: 7,
      top_p: 0.8,
      min_p: 0.1,
      seed: 5,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      logit_bias: { 9: 2, 10: -100 },
      structured_outputs: { grammar: 'root ::= "a" Token(12)' },
    });
  });

  test("log probabilities: as many as asked for, with the token taken beside them", async () => {
    const top_logprobs = [{ "token_id:98": -2, "token_id:99": -7, "token_id:97": -0.5 }];
    const logprobs = { token_logprobs: [-7], top_logprobs };
    const engine = await open("vllm", (_, response) =>
      sendEvents(response, [part([99], { logprobs, finish_reason: "length" }), usage]),
    );
    expect((await events(engine, request({ logprobs: 2 })))[1]).toMatchObject({
      logprobs: {
        token: -7,
        top: [
          [97, -0.5],
          [98, -2],
        ],
      },
    });
  });

  test("the last tokens come when there is no count of cached tokens, too", async () => {
    const engine = await open("vllm", (_, response) =>
      sendEvents(response, [part([97]), part([98], { finish_reason: "length" })]),
    );
    expect(await events(engine)).toEqual([
      token(97),
      token(98),
      { type: "finish", reason: "length", cachedTokens: undefined },
    ]);
  });

  test("a token that is never to be, and comes all the same, is refused where no grammar may need it", async () => {
    const engine = await open("vllm", ({ body }, response) => {
      const choice = { text: "x", token_ids: [97], finish_reason: "length" };
      if (body.stream) sendEvents(response, [{ choices: [choice] }, usage]);
      else sendJson(response, { choices: [choice] });
    });
    const sampling = remoteSampling({ tokenBias: new Map([[97 as Token, Number.NEGATIVE_INFINITY]]) });
    await expect(events(engine, request({ sampling }))).rejects.toThrow("tokenBias");
    await expect(engine.complete(request({ sampling }), "served")).rejects.toThrow("tokenBias");
    expect(await events(engine, request({ sampling, grammar: 'root ::= "a"' }))).toContainEqual(token(97));
  });

  test("what it lacks is refused by name", async () => {
    const engine = await open("vllm", () => {});
    const check = (options: object, grammar?: string) => () =>
      engine.check({ sampling: remoteSampling(options), logprobs: 0, grammar });
    expect(check({ temperature: 1, xtc: { probability: 0.5, threshold: 0.1 } })).toThrow("xtc");
    expect(check({ dryRepeatPenalty: { strength: 1 } })).toThrow("dryRepeatPenalty");
    expect(check({ tokenBias: new Map([[1, Number.POSITIVE_INFINITY]]) })).toThrow("tokenBias");
    expect(check({ tokenBias: new Map([[1, -101]]) })).toThrow("tokenBias");
    expect(check({ tokenBias: new Map([[1, Number.NEGATIVE_INFINITY]]) })).not.toThrow();
    expect(check({ temperature: 0.001 })).toThrow("temperature");
    expect(check({}, "root ::= <think>")).toThrow("grammar");
    expect(check({}, "root ::= <[12]>")).not.toThrow();
    expect(check({ temperature: 1, topK: 3, seed: 1 }, "root ::= .")).not.toThrow();
  });

  test.each<[string, object[], string]>([
    ["no ids", [{ choices: [{ text: "x", finish_reason: null }] }], "unsupported"],
    ["no finish", [part([97])], "native-failure"],
    ["an aborted request", [part([], { finish_reason: "abort" })], "native-failure"],
    ["a refusal as an event", [{ error: { message: "too many", code: 400 } }], "unsupported"],
    ["a failure as an event", [{ error: { message: "dead", code: 500 } }], "native-failure"],
    ["an error without a code", [{ error: null }], "native-failure"],
  ])("%s", async (_, sent, code) => {
    const engine = await open("vllm", (__, response) => sendEvents(response, sent));
    await expect(events(engine)).rejects.toMatchObject({ code });
  });

  test("its vocabulary is refused by name: it does not tell bytes", async () => {
    const engine = await open("vllm", () => {});
    await expect(engine.readVocabulary("served")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("modelPath"),
    });
    expect(server!.requests).toEqual([]);
  });

  test("the model by its name", async () => {
    const engine = await open("vllm", (_, response) =>
      sendJson(response, {
        data: [
          { id: "one", max_model_len: 100 },
          { id: "two", max_model_len: 50 },
          { id: "adapter", parent: "two", max_model_len: null },
        ],
      }),
    );
    expect(await engine.facts(undefined)).toEqual({ contextSize: 99, modelName: "one" });
    expect(await engine.facts("two")).toEqual({ contextSize: 49, modelName: "two" });
    expect(await engine.facts("adapter")).toEqual({ contextSize: 49, modelName: "adapter" });
    await expect(engine.facts("three")).rejects.toMatchObject({ code: "model-not-found" });
  });
});

describe("the probe", () => {
  const text = '"b你é😀';
  const answers = (
    canary: string,
    tokenize = (content: string): number[] => model.tokenize(content, true),
  ): Answer => {
    return ({ path, body }, response) => {
      if (path === "/tokenize") return sendJson(response, { tokens: tokenize(body.prompt) });
      const choice = {
        text: canary,
        token_ids: [...new TextEncoder().encode(canary)],
        finish_reason: "stop",
      };
      if (body.stream) return sendEvents(response, [{ choices: [choice], usage: {} }]);
      return sendJson(response, { choices: [choice], usage: {} });
    };
  };
  const probe = async (answer: Answer) =>
    probeEngine(await open("vllm", answer), model, "served", new AbortController().signal);

  test("accepts an engine that does what it promises", async () => {
    await probe(answers(text));
    expect(server!.requests.at(-1)!.body.structured_outputs.grammar).toBe(
      'root ::= "\\u0022b" [\\u4F60-\\u4F61] "é😀"',
    );
  });

  test("refuses another tokenizer, and an engine that ignores grammars", async () => {
    await expect(probe(answers(text, (content) => [...model.tokenize(content), 1]))).rejects.toThrow(
      "tokenizes",
    );
    await server!.close();
    await expect(probe(answers("Hello!"))).rejects.toThrow("grammar");
  });
});
