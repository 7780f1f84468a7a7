import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getLlama, type Llama } from "../../engine/llama.ts";
import { resolveDefaultModel } from "../../models/default/default-model.ts";
import { type ColloquyServer, createServer } from "../create-server.ts";
import type { SessionJson } from "../sessions/wire.ts";

let llama: Llama;
let server: ColloquyServer;
let url: string;
let client: OpenAI;

beforeAll(async () => {
  llama = await getLlama({ gpu: false });
  const model = await llama.loadModel({ modelPath: await resolveDefaultModel() });
  const context = await model.createContext({ contextSize: 1024, sequences: 3 });
  server = createServer({ context });
  ({ url } = await server.listen({ port: 0 }));
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
});
afterAll(async () => {
  await server?.close();
  await llama?.dispose();
});

const system = {
  role: "system" as const,
  content:
    "You are a friendly assistant who answers every question in a short sentence of plain English words.",
};

describe("a real model", () => {
  test("a history that is sent again is evaluated only where it is new", async () => {
    const messages = [system, { role: "user" as const, content: "What is the capital of France?" }];
    const options = { model: "any", temperature: 0, max_tokens: 24 };
    const first = await client.chat.completions.create({ ...options, messages });
    expect(first.choices[0]!.message.content).toContain("Paris");
    const more = [
      ...messages,
      first.choices[0]!.message,
      { role: "user" as const, content: "And of Italy?" },
    ];
    const second = await client.chat.completions.create({ ...options, messages: more });
    const { prompt_tokens, prompt_tokens_details } = second.usage!;
    expect(prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(first.usage!.prompt_tokens);
    expect(prompt_tokens - prompt_tokens_details!.cached_tokens!).toBeLessThan(24);
  });

  test("clients at the same time share the system prompt, each held to its own schema", async () => {
    const ask = (content: string) =>
      client.chat.completions.create({
        model: "any",
        temperature: 0,
        max_tokens: 8,
        messages: [system, { role: "user", content }],
        response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "integer" } } },
      });
    const questions = ["How many legs has a dog?", "How many days has a week?", "What is two plus two?"];
    const together = await Promise.all(questions.map(ask));
    for (const { choices, usage } of together) {
      expect(Number.isInteger(JSON.parse(choices[0]!.message.content!))).toBe(true);
      expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(16);
    }
  });

  test("log probabilities are those of a distribution, best first", async () => {
    const { choices } = await client.chat.completions.create({
      model: "any",
      temperature: 0,
      max_tokens: 4,
      logprobs: true,
      top_logprobs: 3,
      messages: [{ role: "user", content: "Say hello" }],
    });
    const content = choices[0]!.logprobs!.content!;
    expect(content.map(({ token }) => token).join("")).toBe(choices[0]!.message.content);
    for (const { logprob, top_logprobs } of content) {
      expect(top_logprobs).toHaveLength(3);
      expect(logprob).toBeCloseTo(top_logprobs[0]!.logprob, 4);
      expect(top_logprobs[0]!.logprob).toBeGreaterThanOrEqual(top_logprobs[1]!.logprob);
      expect(top_logprobs.reduce((sum, one) => sum + Math.exp(one.logprob), 0)).toBeLessThanOrEqual(1.001);
    }
  });

  test("a required call fits its schema", async () => {
    const { choices } = await client.chat.completions.create({
      model: "any",
      temperature: 0,
      max_tokens: 100,
      messages: [{ role: "user", content: "What is the weather in Kiel?" }],
      tool_choice: "required",
      tools: [
        {
          type: "function",
          function: {
            name: "getWeather",
            parameters: {
              type: "object",
              properties: { city: { type: "string", maxLength: 12 } },
              required: ["city"],
            },
          },
        },
      ],
    });
    expect(choices[0]!.finish_reason).toBe("tool_calls");
    const call = choices[0]!.message.tool_calls![0] as { function: { name: string; arguments: string } };
    expect(call.function.name).toBe("getWeather");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) });
  });

  test("a chat of the store, streamed, then completed as it is typed", async () => {
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const { id } = (await (await post("/api/sessions", {})).json()) as SessionJson;
    const events = await (await post(`/api/sessions/${id}/prompt`, { text: "Hi", maxTokens: 12 })).text();
    expect(events).toContain("event: done");
    const { completion } = (await (
      await post(`/api/sessions/${id}/complete`, { text: "Can you tell me", maxTokens: 8 })
    ).json()) as { completion: string };
    expect(completion.length).toBeGreaterThan(0);
  });

  test("more clients than sequences: whoever sends a history again evaluates only what is new", async () => {
    const clients = ["cooking", "sailing", "chess", "gardens", "trains"].map((topic) => [
      {
        role: "system" as const,
        content: `You know everything about ${topic}. ${`People ask you about ${topic}, and you answer briefly. `.repeat(8)}`,
      },
      { role: "user" as const, content: `Tell me about ${topic}.` },
    ]);
    const seen = new Map<number, number>();
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        clients.map(async (messages, at) => {
          const { choices, usage } = await client.chat.completions.create({
            model: "any",
            temperature: 0,
            max_tokens: 12,
            messages,
          });
          const cached = usage!.prompt_tokens_details!.cached_tokens!;
          // All that went through the model before, but the last token of the reply.
          if (round > 0) expect(cached).toBeGreaterThanOrEqual(seen.get(at)! - 1);
          seen.set(at, usage!.total_tokens);
          (messages as object[]).push(choices[0]!.message, { role: "user", content: "And what else?" });
        }),
      );
    }
  });

  test("without a system message, a plain question gets a plain answer", async () => {
    const messages = [{ role: "user" as const, content: "What is the capital of France?" }];
    const { choices } = await client.chat.completions.create({
      model: "any",
      temperature: 0,
      max_tokens: 24,
      messages,
    });
    expect(choices[0]!.message.content).toMatch(/^The capital of France is Paris/);
  });
});
