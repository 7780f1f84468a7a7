import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeServer, readEvents, serveFake } from "../../../test/server/fake-server.ts";
import type { SessionJson } from "./wire.ts";

let fake: FakeServer;
beforeAll(() => {
  fake = serveFake({ count: 3 });
});
afterAll(() => fake.server.close());

const beginning = "x".repeat(200);

let begun = 0;

/** A chat with one turn, and the sequence that holds it. */
async function begin(): Promise<{ id: string; sequence: number; messages: SessionJson["messages"] }> {
  const settings = { systemPrompt: `Chat ${++begun}. `.repeat(10) };
  const messages = [
    { role: "user", text: beginning },
    { role: "model", text: "y".repeat(200) },
  ];
  const { id } = (await (await fake.post("/api/sessions", { settings, messages })).json()) as SessionJson;
  await prompt(id);
  const session = (await (await fake.get(`/api/sessions/${id}`)).json()) as SessionJson;
  return { id, sequence: lastUsed(settings.systemPrompt), messages: session.messages };
}
const prompt = async (id: string) =>
  readEvents(await fake.post(`/api/sessions/${id}/prompt`, { text: "Hi", maxTokens: 3 }));
const lastUsed = (systemPrompt: string) =>
  fake.sequences.findIndex(
    ({ calls }) =>
      calls.length > 0 && fake.model.detokenize(calls.at(-1)!.target, true).includes(systemPrompt),
  );
const lastCall = (sequence: number) => fake.sequences[sequence]!.calls.at(-1)!;

describe("a change in the mode shift", () => {
  const changes: Readonly<Record<string, (id: string, message: string) => Promise<Response>>> = {
    remove: (id, message) => fake.send("DELETE", `/api/sessions/${id}/messages/${message}?mode=shift`),
    edit: (id, message) =>
      fake.send("PATCH", `/api/sessions/${id}/messages/${message}`, { text: "z", mode: "shift" }),
    insert: (id, before) =>
      fake.post(`/api/sessions/${id}/messages`, { role: "user", text: "z", before, mode: "shift" }),
    undo: (id) => fake.post(`/api/sessions/${id}/undo?mode=shift`),
  };

  test.each(Object.keys(changes))(
    "%s: the chat's own sequence moves its cells, then and later",
    async (name) => {
      const { id, sequence, messages } = await begin();
      expect((await changes[name]!(id, messages[0]!.id)).status).toBeLessThan(300);
      for (let turn = 0; turn < 2; turn++) {
        const calls = lastCall(sequence);
        await prompt(id);
        expect(lastCall(sequence)).not.toBe(calls);
        expect(lastCall(sequence).options.edit).toBe("shift");
      }
      await fake.post(`/api/sessions/${id}/complete`, { text: "a" });
      expect(lastCall(sequence).options.edit).toBe("shift");
      const before = fake.sequences.map(({ calls }) => calls.length);
      await fake.send("DELETE", `/api/sessions/${id}/messages/${messages[1]!.id}`);
      await prompt(id);
      const [asked] = fake.sequences.filter(({ calls }, index) => calls.length > before[index]!);
      expect(asked!.calls.at(-1)!.options.edit).toBe("exact");
    },
  );
});

test("without a mode, what stands behind a change is evaluated again", async () => {
  const { id, messages } = await begin();
  await fake.send("PATCH", `/api/sessions/${id}/messages/${messages[0]!.id}`, { text: "z" });
  await prompt(id);
  for (const { calls } of fake.sequences) expect(calls.at(-1)?.options.edit ?? "exact").toBe("exact");
});

test.each([
  ["DELETE", "?mode=fast", undefined],
  ["PATCH", "", { text: "a", mode: "fast" }],
] as const)("an unknown mode is refused: %s", async (method, query, body) => {
  const { id, messages } = await begin();
  const response = await fake.send(method, `/api/sessions/${id}/messages/${messages[0]!.id}${query}`, body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { param: "mode" } });
});
