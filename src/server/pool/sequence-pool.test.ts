import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence } from "../../../test/fake/fake-sequence.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import type { Token } from "../../engine/token.ts";
import { chooseSequence } from "./choose-sequence.ts";
import { type Lease, SequencePool } from "./sequence-pool.ts";

const model = new FakeModel();
const tokens = (text: string) => model.tokenize(text) as Token[];
function poolOf(count: number, options: { queueLength?: number; queueMs?: number } = {}) {
  const sequences = Array.from({ length: count }, () => new FakeSequence(model));
  return { sequences, pool: new SequencePool(sequences, { queueLength: 2, queueMs: 10_000, ...options }) };
}
const anything = { target: () => tokens("x") };

describe("the choice", () => {
  const held = (...texts: string[]) => texts.map((text, lastUse) => ({ tokens: tokens(text), lastUse }));

  test("goes to the longest beginning", () => {
    expect(chooseSequence(held("", "abcd", "ab"), tokens("abcdef"))).toBe(1);
  });

  test("goes to the one used longest ago when it would destroy more than it saves", () => {
    expect(chooseSequence(held("zz", "ab and a long conversation"), tokens("abcdef"))).toBe(0);
  });
});

describe("lending", () => {
  test("nobody gets a sequence that another one has, and all come in order", async () => {
    const { pool } = poolOf(2, { queueLength: 10 });
    const order: number[] = [];
    const first = await Promise.all([pool.acquire(anything), pool.acquire(anything)]);
    const later = [0, 1, 2].map((number) =>
      pool.acquire(anything).then((lease) => {
        order.push(number);
        return lease;
      }),
    );
    expect(pool).toMatchObject({ busy: 2, waiting: 3 });
    expect(first[0].sequence).not.toBe(first[1].sequence);
    first[1].release();
    const next = await later[0]!;
    expect(next.sequence).toBe(first[1].sequence);
    next.release();
    (await later[1]!).release();
    (await later[2]!).release();
    first[0].release();
    expect(order).toEqual([0, 1, 2]);
    expect(pool).toMatchObject({ busy: 0, waiting: 0 });
  });

  test("beyond the queue, it says when to come again", async () => {
    const { pool } = poolOf(1, { queueLength: 1 });
    const lease = await pool.acquire(anything);
    const waiting = pool.acquire(anything);
    await expect(pool.acquire(anything)).rejects.toMatchObject({
      status: 429,
      code: "queue-full",
      headers: { "retry-after": expect.stringMatching(/^\d+$/) },
    });
    lease.release();
    (await waiting).release();
  });

  test("who waits too long is refused, who aborts leaves the queue", async () => {
    const { pool } = poolOf(1, { queueMs: 20 });
    const lease = await pool.acquire(anything);
    await expect(pool.acquire(anything)).rejects.toMatchObject({ code: "queue-full" });
    const controller = new AbortController();
    const waiting = pool.acquire({ ...anything, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(pool.waiting).toBe(0);
    lease.release();
    expect(pool.busy).toBe(0);
  });

  test("releasing twice counts once", async () => {
    const { pool } = poolOf(1);
    const lease = await pool.acquire(anything);
    lease.release();
    const next = await pool.acquire(anything);
    lease.release();
    expect(pool.tryAcquire(anything)).toBeUndefined();
    next.release();
  });

  test("tells who can give way", async () => {
    const { pool } = poolOf(1);
    let wanted = 0;
    const lease = pool.tryAcquire({
      ...anything,
      onWanted: () => {
        wanted++;
      },
    })!;
    expect(pool.tryAcquire(anything)).toBeUndefined();
    expect(wanted).toBe(0);
    const waiting = pool.acquire(anything);
    expect(wanted).toBe(1);
    lease.release();
    (await waiting).release();
  });

  test("seeded random use: no sequence is lent twice or lost", async () => {
    const random = seededRandom(4);
    const { pool } = poolOf(3, { queueLength: 5 });
    const out = new Set<unknown>();
    const leases: Lease[] = [];
    let refused = 0;
    let served = 0;
    const pending: Promise<void>[] = [];
    for (let step = 0; step < 2000; step++) {
      if (random() < 0.5) {
        const controller = new AbortController();
        if (random() < 0.2) queueMicrotask(() => controller.abort(new Error("gone")));
        pending.push(
          pool.acquire({ ...anything, signal: controller.signal }).then(
            (lease) => {
              expect(out.has(lease.sequence)).toBe(false);
              out.add(lease.sequence);
              leases.push(lease);
              served++;
            },
            () => {
              refused++;
            },
          ),
        );
      } else if (leases.length > 0) {
        const [lease] = leases.splice(Math.floor(random() * leases.length), 1);
        out.delete(lease!.sequence);
        lease!.release();
      }
      await Promise.resolve();
    }
    while (pool.busy > 0) {
      for (const lease of leases.splice(0)) {
        out.delete(lease.sequence);
        lease.release();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(pending);
    expect(served + refused).toBe(pending.length);
    expect(Math.min(served, refused)).toBeGreaterThan(50);
    expect(pool).toMatchObject({ busy: 0, waiting: 0 });
  });
});
