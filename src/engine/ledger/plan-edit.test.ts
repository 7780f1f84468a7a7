import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../sampling/random.ts";
import { Ledger } from "./ledger.ts";
import { type EditPlan, type EditRequest, planEdit } from "./plan-edit.ts";

/** Two sequences of a cache, cell by cell, with llama.cpp's rules: the obvious slow twin of a plan. */
class SlowCache {
  sequence = new Map<number, number>();
  spare = new Map<number, number>();

  constructor(held: readonly number[]) {
    for (const [position, id] of held.entries()) this.sequence.set(position, id);
  }

  remove(start: number, end: number): void {
    for (let i = start; i < end; i++) this.sequence.delete(i);
  }

  /** @param shared cells before this position belong to others too */
  move(start: number, end: number, delta: number, shared: number): void {
    expect(delta).not.toBe(0);
    const moving = [...this.sequence].filter(([position]) => position >= start && position < end);
    expect(moving).toHaveLength(end - start);
    for (const [position] of moving) {
      expect(position).toBeGreaterThanOrEqual(shared);
      this.sequence.delete(position);
    }
    for (const [position, id] of moving) {
      expect(position + delta).toBeGreaterThanOrEqual(0);
      expect(this.sequence.has(position + delta), "a moved cell lands on a free position").toBe(false);
      this.sequence.set(position + delta, id);
    }
  }

  transfer(from: Map<number, number>, to: Map<number, number>, start: number, end: number): void {
    for (let i = start; i < end; i++) {
      const id = from.get(i);
      if (id === undefined) continue;
      expect(to.has(i)).toBe(false);
      to.set(i, id);
      from.delete(i);
    }
  }

  evaluate(position: number, id: number): void {
    const last = Math.max(-1, ...this.sequence.keys());
    expect(position, "a token is evaluated right behind the last cell").toBe(last + 1);
    this.sequence.set(position, id);
  }
}

/** Carries a plan out on the slow cache and on a ledger, and checks both against the target at the end. */
function carryOut(request: EditRequest, plan: EditPlan): Ledger {
  const target = Array.from(request.target);
  const cache = new SlowCache(Array.from(request.held));
  const shared = request.immovableEnd ?? 0;
  for (const operation of plan.operations) {
    if (operation.type === "remove") cache.remove(operation.start, operation.end);
    else if (operation.type === "move") cache.move(operation.start, operation.end, operation.delta, shared);
    else cache.transfer(cache.sequence, cache.spare, operation.start, operation.end);
  }
  const ledger = new Ledger();
  ledger.become(target, plan.prefixLength, plan.exactLength);
  expect([...cache.sequence.keys()].sort((a, b) => a - b)).toEqual(ledger.toArray().map((_, i) => i));
  for (const { start, end, unpark } of plan.evaluate) {
    expect(end).toBeGreaterThan(start);
    for (let i = start; i < end; i++) cache.evaluate(i, target[i]!);
    ledger.append(target, start, end);
    if (unpark === undefined) continue;
    expect(unpark.start).toBe(end);
    cache.transfer(cache.spare, cache.sequence, unpark.start, unpark.end);
    ledger.appendMoved(target, unpark.start, unpark.end);
  }
  expect(cache.spare.size).toBe(0);
  expect(ledger.toArray()).toEqual(target);
  expect(target.map((_, i) => cache.sequence.get(i))).toEqual(target);
  expect(cache.sequence.size).toBe(target.length);
  expect(plan.reusedTokens + plan.movedTokens + plan.evaluatedTokens).toBe(target.length);
  if (target.length > 0 && !request.logitsKnown) expect(plan.evaluate.at(-1)?.end).toBe(target.length);
  return ledger;
}

function slowPrefix(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function randomTokens(random: Random, length: number, vocabulary: number): number[] {
  return Array.from({ length }, () => Math.floor(random.next() * vocabulary));
}

/** A few cuts, insertions and replacements anywhere. */
function editRandomly(random: Random, tokens: readonly number[], vocabulary: number): number[] {
  const edited = [...tokens];
  const edits = Math.floor(random.next() * 4);
  for (let i = 0; i < edits; i++) {
    const at = Math.floor(random.next() * (edited.length + 1));
    const cut = random.next() < 0.6 ? Math.floor(random.next() * 40) : 0;
    const added = random.next() < 0.6 ? Math.floor(random.next() * 40) : 0;
    edited.splice(at, cut, ...randomTokens(random, added, vocabulary));
  }
  return edited;
}

/** Turns some places of a list into media: runs of one negative id that is unique in the list. */
function withMedia(random: Random, tokens: readonly number[]): number[] {
  const out: number[] = [];
  let next = -1;
  for (const token of tokens) {
    out.push(token);
    if (random.next() < 0.02) out.push(...new Array(1 + Math.floor(random.next() * 9)).fill(next--));
  }
  return out;
}

const defaults = { canShift: true, canPark: true } as const;

describe("planEdit", () => {
  it("appends, cuts and keeps by the common beginning in exact mode", () => {
    const plan = (held: number[], target: number[], more: Partial<EditRequest> = {}) =>
      planEdit({ held, target, mode: "exact", ...defaults, ...more });
    expect(plan([1, 2, 3], [1, 2, 3, 4, 5])).toMatchObject({
      operations: [],
      prefixLength: 3,
      evaluate: [{ start: 3, end: 5 }],
    });
    expect(plan([1, 2, 3], [1, 2, 3])).toMatchObject({
      operations: [{ type: "remove", start: 2, end: 3 }],
      evaluate: [{ start: 2, end: 3 }],
    });
    expect(plan([1, 2, 3], [1, 2, 3], { logitsKnown: true })).toMatchObject({ operations: [], evaluate: [] });
    expect(plan([1, 2, 3], [1, 2], { logitsKnown: true }).evaluate).toEqual([{ start: 1, end: 2 }]);
    expect(plan([1, 2, 3], [])).toMatchObject({
      operations: [{ type: "remove", start: 0, end: 3 }],
      evaluate: [],
    });
    expect(plan([1, 2, 3, 4], [1, 2, 3, 4, 5], { exactLength: 2 }).evaluate).toEqual([{ start: 2, end: 5 }]);
  });

  it("moves what follows a removed message and evaluates only the last token", () => {
    const random = createRandom(1);
    const held = randomTokens(random, 300, 1000);
    const target = [...held.slice(0, 50), ...held.slice(120)];
    const plan = planEdit({ held, target, mode: "shift", ...defaults });
    expect(plan).toMatchObject({ reusedTokens: 50, movedTokens: 179, evaluatedTokens: 1, exactLength: 50 });
    expect(plan.operations).toEqual([
      { type: "remove", start: 50, end: 120 },
      { type: "remove", start: 299, end: 300 },
      { type: "move", start: 120, end: 299, delta: -70 },
    ]);
    carryOut({ held, target, mode: "shift", ...defaults }, plan);
  });

  it("parks what follows an inserted message while that is evaluated", () => {
    const random = createRandom(2);
    const held = randomTokens(random, 200, 1000);
    const target = [...held.slice(0, 40), 5001, 5002, 5003, ...held.slice(40), 5004];
    const plan = planEdit({ held, target, mode: "shift", ...defaults });
    expect(plan.operations).toEqual([
      { type: "move", start: 40, end: 200, delta: 3 },
      { type: "park", start: 43, end: 203 },
    ]);
    expect(plan.evaluate).toEqual([
      { start: 40, end: 43, unpark: { start: 43, end: 203 } },
      { start: 203, end: 204 },
    ]);
    expect(carryOut({ held, target, mode: "shift", ...defaults }, plan).exactLength).toBe(43);
    const without = planEdit({ held, target, mode: "shift", canShift: true, canPark: false });
    expect(without.evaluatedTokens).toBe(target.length - 40);
  });

  it("does not move for a handful of tokens, nor what others share", () => {
    const random = createRandom(3);
    const held = randomTokens(random, 100, 1000);
    const target = [...held.slice(0, 50), 5000, ...held.slice(80)];
    expect(planEdit({ held, target, mode: "shift", ...defaults }).movedTokens).toBe(0);
    const cut = held.slice(20);
    const request: EditRequest = { held, target: cut, mode: "shift", ...defaults, immovableEnd: 60 };
    const plan = planEdit(request);
    expect(plan).toMatchObject({ reusedTokens: 0, movedTokens: 39, evaluatedTokens: 41 });
    carryOut(request, plan);
  });

  it.each([3, 40, 30_000])("turns any list into any other, vocabulary of %i", (vocabulary) => {
    const random = createRandom(vocabulary);
    let moved = 0;
    for (let round = 0; round < 400; round++) {
      const base = randomTokens(random, Math.floor(random.next() * 300), vocabulary);
      const held = round % 2 === 0 ? base : withMedia(random, base);
      const target = editRandomly(random, held, vocabulary);
      const common: Omit<EditRequest, "mode"> = {
        held,
        target,
        canShift: random.next() < 0.9,
        canPark: random.next() < 0.8,
        immovableEnd: random.next() < 0.5 ? 0 : Math.floor(random.next() * held.length),
        runLengthMin: 1 + Math.floor(random.next() * 12),
        reusedMin: Math.floor(random.next() * 40),
      };
      const exact = planEdit({ ...common, mode: "exact" });
      expect(carryOut({ ...common, mode: "exact" }, exact).exactLength).toBe(target.length);
      expect(exact.movedTokens).toBe(0);
      expect(exact.reusedTokens).toBeLessThanOrEqual(slowPrefix(held, target));
      expect(exact.operations.length).toBeLessThanOrEqual(1);
      const shift = planEdit({ ...common, mode: "shift" });
      carryOut({ ...common, mode: "shift" }, shift);
      expect(shift.evaluatedTokens).toBeLessThanOrEqual(exact.evaluatedTokens);
      if (!common.canShift) expect(shift.operations).toEqual(exact.operations);
      moved += shift.movedTokens;
      expectWholeMedia(target, [exact, shift]);
    }
    expect(moved).toBeGreaterThan(0);
  });

  it("finds single edits of a text with a rich vocabulary to the token", () => {
    const random = createRandom(77);
    for (let round = 0; round < 200; round++) {
      const held = randomTokens(random, 400, 100_000);
      const at = 50 + Math.floor(random.next() * 200);
      const cut = Math.floor(random.next() * 50);
      const added = randomTokens(random, Math.floor(random.next() * 50), 100_000);
      const target = [
        ...held.slice(0, at),
        ...added,
        ...held.slice(at + cut),
        ...randomTokens(random, 10, 100_000),
      ];
      const plan = planEdit({ held, target, mode: "shift", ...defaults });
      expect(plan.evaluatedTokens).toBe(added.length + 10);
    }
  });

  it("keeps the tail of a repetitive text behind one edit", () => {
    const held = Array.from({ length: 500 }, (_, i) => i % 5);
    const target = [...held.slice(0, 100), 9, ...held.slice(130)];
    const plan = planEdit({ held, target, mode: "shift", ...defaults });
    expect(plan.evaluatedTokens).toBe(2);
    carryOut({ held, target, mode: "shift", ...defaults }, plan);
  });
});

/** An evaluated range never begins or ends within a media run. */
function expectWholeMedia(target: readonly number[], plans: readonly EditPlan[]): void {
  for (const plan of plans)
    for (const { start, end } of plan.evaluate)
      for (const at of [start, end]) {
        const cuts = at > 0 && at < target.length && target[at]! < 0 && target[at] === target[at - 1];
        expect(cuts, "a media run is evaluated whole or not at all").toBe(false);
      }
}
