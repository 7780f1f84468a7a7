import { describe, expect, test } from "vitest";
import { type BotFunction, defineBotFunction } from "./bot-function.ts";
import { parseCalls } from "./call-parser.ts";
import { createInlineCallRunner, type InlineCall, type InlineCallRunner } from "./inline-call-runner.ts";

function createFunctions(log: unknown[] = []): BotFunction[] {
  return [
    defineBotFunction((...args) => log.push(args), { name: "note", docs: "Counts." }),
    defineBotFunction(() => "9:05 PM", { name: "time" }),
    defineBotFunction(() => undefined, { name: "nothing" }),
    defineBotFunction(() => null, { name: "nil" }),
    defineBotFunction(() => ({ a: 1 }), { name: "data" }),
    defineBotFunction(() => Promise.reject(new Error("broken")), { name: "fails" }),
    defineBotFunction(() => new Promise(() => {}), { name: "hangs" }),
    defineBotFunction(() => "x".repeat(100), { name: "long" }),
    defineBotFunction(() => "time() note(1)", { name: "tempting" }),
    defineBotFunction(() => "hidden", { name: "hidden", enabled: false }),
  ];
}

async function pushAll(runner: InlineCallRunner, pieces: Iterable<string>): Promise<string[]> {
  const texts: string[] = [];
  for (const piece of pieces) texts.push(...(await runner.push(piece)));
  return [...texts, ...(await runner.finish())];
}

describe("what is inserted", () => {
  test.each<[string, string[]]>([
    ["It is time().", [" 9:05 PM"]],
    ["nothing() here", []],
    ["nil() data()", [" null", ' {"a":1}']],
    ["fails()", [" error: broken"]],
    ["hangs()", [" error: hangs took longer than 5 ms"]],
    ["time(now)", [" error: now is not a literal"]],
    ["time(1)", [" error: time takes no arguments"]],
    ["long()", [` ${"x".repeat(50)}… (100 characters in all)`]],
    ["hidden() and unknown()", []],
  ])("%j", async (text, expected) => {
    const runner = createInlineCallRunner(createFunctions(), { timeoutMs: 5, resultLengthMax: 50 });
    expect(await pushAll(runner, text)).toEqual(expected);
  });

  test("D25: a result comes with the very piece that closes the call, behind a closing backtick", async () => {
    const runner = createInlineCallRunner(createFunctions());
    expect(await runner.push("now time(")).toEqual([]);
    expect(await runner.push(").")).toEqual([" 9:05 PM"]);
    expect(await runner.push(" `time()")).toEqual([]);
    expect(await runner.push("` or")).toEqual([" 9:05 PM"]);
    expect(await runner.push(" `time()` ``time()`")).toEqual([" 9:05 PM"]);
    expect(await runner.push("`")).toEqual([" 9:05 PM"]);
    expect(await runner.push(" `time() ")).toEqual([" 9:05 PM"]);
    expect(await runner.push(" `time()")).toEqual([]);
    expect(await runner.finish()).toEqual([" 9:05 PM"]);
    expect(await runner.finish()).toEqual([]);
  });

  test("inserted text is not scanned for calls", async () => {
    const log: unknown[] = [];
    const runner = createInlineCallRunner(createFunctions(log));
    expect(await runner.push("tempting()")).toEqual([" time() note(1)"]);
    expect(await runner.push(" done")).toEqual([]);
    expect(log).toEqual([]);
    expect(runner.calls).toHaveLength(1);
  });
});

describe("D26, D27: every call once, in order, all results kept", () => {
  test("a function that returns nothing runs once, whatever follows", async () => {
    let count = 0;
    const alert = defineBotFunction(() => void count++, { name: "alert" });
    const runner = createInlineCallRunner([alert]);
    expect(await pushAll(runner, ["alert()", ".", " ", "!", ")", "\n", "`"])).toEqual([]);
    expect(count).toBe(1);
    expect(runner.calls).toMatchObject([
      { name: "alert", status: "ok", start: 0, end: 7, inserted: undefined },
    ]);
  });

  test("several calls in one piece, with events", async () => {
    const events: InlineCall[] = [];
    const runner = createInlineCallRunner(createFunctions(), { onCall: (call) => events.push(call) });
    expect(await runner.push("time() data() fails() time(x)")).toEqual([
      " 9:05 PM",
      ' {"a":1}',
      " error: broken",
      " error: x is not a literal",
    ]);
    expect(events).toEqual(runner.calls);
    expect(events).toMatchObject([
      { name: "time", start: 0, end: 6, status: "ok", result: "9:05 PM" },
      { name: "data", start: 7, end: 13, status: "ok", result: { a: 1 } },
      { name: "fails", status: "error", error: "broken" },
      { name: "time", status: "refused", error: "x is not a literal" },
    ]);
  });

  test("calls of one piece run one after the other", async () => {
    const log: string[] = [];
    const slow = defineBotFunction(
      async (id: number) => {
        log.push(`begin ${id}`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`end ${id}`);
      },
      { name: "slow" },
    );
    await createInlineCallRunner([slow]).push("slow(1) slow(2)");
    expect(log).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  });

  test("every split of a text gives the same calls and the same insertions", async () => {
    const text = "`note(1)` note('b')";
    for (let mask = 0; mask < 2 ** (text.length - 1); mask += 7) {
      const log: unknown[] = [];
      const pieces: string[] = [];
      for (let i = 0, from = 0; i < text.length; i++) {
        if (i < text.length - 1 && (mask & (1 << i)) === 0) continue;
        pieces.push(text.slice(from, i + 1));
        from = i + 1;
      }
      const texts = await pushAll(createInlineCallRunner(createFunctions(log)), pieces);
      if (log.length !== 2 || texts.join() !== " 1, 2") expect({ pieces, log, texts }).toBe("two calls");
    }
  });
});

describe("bounds", () => {
  test("too many calls are answered, not run", async () => {
    const log: unknown[] = [];
    const runner = createInlineCallRunner(createFunctions(log), { callsMax: 2 });
    const texts = await pushAll(runner, ["note(1) note(2) note(3)"]);
    expect(texts).toEqual([" 1", " 2", " error: more than 2 calls in one reply"]);
    expect(log).toHaveLength(2);
  });

  test("a call that is too long is refused", async () => {
    const runner = createInlineCallRunner(createFunctions(), { callLengthMax: 12 });
    expect(await pushAll(runner, 'note("aaaaaaaaaaaaa")')).toEqual([
      " error: the call is longer than 12 characters",
    ]);
  });

  test("limits and names are checked", () => {
    for (const limit of ["timeoutMs", "resultLengthMax", "callsMax", "callLengthMax"]) {
      expect(() => createInlineCallRunner([], { [limit]: 0 })).toThrow(
        limit === "callLengthMax" ? "lengthMax" : limit,
      );
    }
    const twice = [...createFunctions(), ...createFunctions()];
    expect(() => createInlineCallRunner(twice)).toThrow("Two bot functions are named note");
  });

  test("an abort during a call throws, and a second push meanwhile is refused", async () => {
    const controller = new AbortController();
    const runner = createInlineCallRunner(createFunctions(), { signal: controller.signal });
    const running = runner.push("hangs()");
    await expect(runner.push("x")).rejects.toMatchObject({ code: "busy" });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "aborted" });
    await expect(runner.push("time()")).rejects.toMatchObject({ code: "aborted" });
  });
});

/** A small seeded generator (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function cutInPieces(text: string, random: (below: number) => number): string[] {
  const pieces: string[] = [];
  for (let i = 0; i < text.length; i += pieces.at(-1)!.length) pieces.push(text.slice(i, i + 1 + random(6)));
  return pieces;
}

const FRAGMENTS = [
  "note(1)",
  "`note('a)b')`",
  "note([",
  "2])",
  ".",
  " ",
  "`",
  "time()",
  "nothing()",
  "note(x)",
  "fails()",
  "é",
];

test("random replies in random pieces: the slow twin parses each finished text and runs its calls", async () => {
  let calls = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const random = createRandom(seed);
    const text = Array.from({ length: 1 + random(10) }, () => FRAGMENTS[random(FRAGMENTS.length)]).join("");
    const log: unknown[] = [];
    const runner = createInlineCallRunner(createFunctions(log));
    const texts = await pushAll(runner, cutInPieces(text, random));
    const twinLog: unknown[] = [];
    const twin = createFunctions(twinLog);
    const sites = parseCalls(
      text,
      twin.filter((fn) => fn.enabled).map((fn) => fn.name),
    );
    const expected = sites.map((site) => {
      if (site.kind === "refused") return ` error: ${site.reason}`;
      if (site.name === "note") return ` ${twinLog.push(site.args)}`;
      return { time: site.args.length > 0 ? "" : " 9:05 PM", fails: " error: broken" }[site.name];
    });
    expect({ seed, text, texts, log }).toEqual({
      seed,
      text,
      texts: expected.filter((one) => one !== undefined),
      log: twinLog,
    });
    calls += sites.length;
  }
  expect(calls).toBeGreaterThan(400);
});
