import { describe, expect, test } from "vitest";
import { type FakeServer, readEvents, serveFake } from "../../test/server/fake-server.ts";

const ask = (content: string) => [{ role: "user" as const, content }];

describe("the system prompt", () => {
  const rendered = ({ sequences, model }: FakeServer) =>
    model.detokenize(sequences[0]!.calls.at(-1)!.target, true);

  test("requests without one get the one that new chats begin with", async () => {
    const own = serveFake({ count: 1 });
    await own.post("/v1/chat/completions", { messages: ask("Hi"), max_tokens: 2 });
    const request = rendered(own);
    expect(request).toMatch(/^<\|im_start\|>system\nYou are a helpful AI assistant\.<\|im_end\|>/);
    const { id } = (await (await own.post("/api/sessions", {})).json()) as { id: string };
    await readEvents(await own.post(`/api/sessions/${id}/prompt`, { text: "Hi", maxTokens: 2 }));
    expect(rendered(own)).toBe(request);
    await own.post("/v1/chat/completions", {
      messages: [{ role: "developer", content: "Be brief." }, ...ask("Hi")],
      max_tokens: 2,
    });
    expect(rendered(own)).toMatch(/^<\|im_start\|>system\nBe brief\.<\|im_end\|>/);
    await own.server.close();
  });

  test.each([
    ["Talk like a pirate.", /^<\|im_start\|>system\nTalk like a pirate\.<\|im_end\|>/],
    ["", /^<\|im_start\|>user/],
  ])("the server's own: %j", async (systemPrompt, beginning) => {
    const own = serveFake({ count: 1, systemPrompt });
    await own.post("/v1/chat/completions", { messages: ask("Hi"), max_tokens: 2 });
    expect(rendered(own)).toMatch(beginning);
    const { id } = (await (await own.post("/api/sessions", {})).json()) as { id: string };
    await readEvents(await own.post(`/api/sessions/${id}/prompt`, { text: "Hi", maxTokens: 2 }));
    expect(rendered(own)).toMatch(beginning);
    await own.server.close();
  });
});
