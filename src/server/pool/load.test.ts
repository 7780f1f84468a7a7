import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { type BuiltProcess, buildProcess } from "../../../test/server/built-process.ts";
import { parseEvents, serveFake } from "../../../test/server/fake-server.ts";
import { type ProcessFigures, type SoakReport, soak } from "../../../test/server/soak.ts";
import { soakProblems } from "../../../test/server/soak-problems.ts";

/** What one client saw of all its requests. */
interface Seen {
  answered: number;
  refused: number;
}

test("200 clients at once: everybody is answered whole or refused with 429", async () => {
  const reply = "Hello there, all of you!";
  const fake = serveFake({
    count: 8,
    fake: { next: replies(reply) },
    limits: { queueLength: 40, connections: 400 },
  });
  const { url } = await fake.server.listen({ port: 0 });
  const ask = async (client: number, seen: Seen) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        messages: [{ role: "user", content: `I am client ${client}` }],
        temperature: 0,
        stream: client % 2 === 0,
      }),
    });
    const text = await response.text();
    if (response.status === 429) {
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(JSON.parse(text)).toMatchObject({ error: { code: "queue-full" } });
      seen.refused++;
      return;
    }
    expect(response.status).toBe(200);
    const answer =
      client % 2 === 0
        ? parseEvents(text)
            .map(({ data }) => data.choices?.[0]?.delta.content ?? "")
            .join("")
        : JSON.parse(text).choices[0].message.content;
    expect(answer).toBe(reply);
    seen.answered++;
  };
  const all: Seen = { answered: 0, refused: 0 };
  await Promise.all(
    Array.from({ length: 200 }, async (_, client) => {
      for (let round = 0; round < 3; round++) await ask(client, all);
    }),
  );
  expect(all.answered + all.refused).toBe(600);
  expect(all.answered).toBeGreaterThan(40);
  expect(all.refused).toBeGreaterThan(40);
  const metrics = await (await fake.get("/metrics")).text();
  expect(metrics).toMatch(/^colloquy_sequences_busy 0$/m);
  expect(metrics).toMatch(/^colloquy_requests_waiting 0$/m);
  await fake.server.close();
}, 60_000);

describe("a server in a process of its own, 200 clients, round after round", () => {
  let built: BuiltProcess;
  beforeAll(async () => {
    built = await buildProcess("load-process.ts");
  }, 60_000);
  afterAll(() => built?.remove());

  test("answers or refuses everybody, and neither memory nor what is open grows", async () => {
    const { url } = await built.start();
    const report = await soak({
      url,
      clients: 200,
      warmRounds: 4,
      maxTokens: 12,
      goesOn: (rounds) => rounds < 16,
    });
    expect(soakProblems(report)).toEqual([]);
    expect(report.answered + report.refused).toBe(200 * report.rounds);
    expect(report.refused).toBeGreaterThan(100);
  }, 120_000);
});

test("what a soak calls a problem", () => {
  const figures: ProcessFigures = {
    residentMb: 100,
    heapMb: 30,
    resources: 10,
    loopDelayMs: 1,
    busy: 0,
    waiting: 0,
  };
  const good: SoakReport = {
    rounds: 9,
    answered: 100,
    refused: 5,
    wrong: [],
    warm: figures,
    end: figures,
    residentMb: [100, 101, 99, 103, 100, 102, 101, 104],
    loopDelayMs: [1],
  };
  expect(soakProblems(good)).toEqual([]);
  expect(soakProblems({ ...good, wrong: ["500 x", "500 x"] })).toEqual(["500 x"]);
  expect(soakProblems({ ...good, answered: 0 })).toHaveLength(1);
  expect(soakProblems({ ...good, end: { ...figures, resources: 60 } })).toHaveLength(1);
  expect(soakProblems({ ...good, end: { ...figures, busy: 1 } })).toHaveLength(1);
  const grown = good.residentMb.map((mb, index) => mb + 12 * index);
  expect(soakProblems({ ...good, residentMb: grown })).toHaveLength(1);
});
