import { describe, expect, it } from "vitest";
import { createRandom } from "../sampling/random.ts";
import { ThreadGovernor } from "./governor.ts";

/** Cores that others keep busy, by time. */
type Neighbour = (ms: number) => number;

interface MachineOptions {
  readonly cores?: number;
  readonly neighbour: Neighbour;
  readonly seed?: number;
  /** Relative noise of every step. */
  readonly noise?: number;
  readonly knowsLoad?: boolean;
}

/**
 * A machine on a simulated clock, with the times measured on a real one with two cores: 8 ms a token on one thread,
 * 4 on two, and 400 to 900 when there are more threads than free cores.
 */
class Machine {
  ms = 0;
  readonly cores: number;
  readonly governor: ThreadGovernor;
  readonly #neighbour: Neighbour;
  readonly #random;
  readonly #noise: number;
  #loadSince = 0;

  constructor({ cores = 2, neighbour, seed = 1, noise = 0.3, knowsLoad = true }: MachineOptions) {
    this.cores = cores;
    this.#neighbour = neighbour;
    this.#random = createRandom(seed);
    this.#noise = noise;
    this.governor = new ThreadGovernor({
      maxThreads: cores,
      now: () => this.ms,
      freeCores: knowsLoad ? () => cores - this.#averageLoad() : undefined,
    });
  }

  /** One decode as the governor wants it; work is in milliseconds of one free core. */
  step(tokens = 1, workMs = 8 * tokens ** 0.9): { threads: number; ms: number } {
    const { threads } = this.governor;
    const started = this.ms;
    const noise = 1 + (this.#random.next() * 2 - 1) * this.#noise;
    const slow = 400 + 500 * this.#random.next();
    let left = workMs * noise;
    while (left > 0) {
      const speed = this.#speed(threads, workMs, slow);
      const stepMs = Math.min(1, left / speed);
      left -= stepMs * speed;
      this.ms += stepMs;
    }
    const ms = this.ms - started;
    this.governor.report({ threads, tokens, ms });
    return { threads, ms };
  }

  /** Work done a millisecond. The barriers that wait for a taken core are as many in a large batch as in a small one. */
  #speed(threads: number, workMs: number, waitMs: number): number {
    const busy = this.#neighbour(this.ms);
    if (threads + busy <= this.cores) return threads;
    if (threads === 1) return this.cores / (1 + busy);
    return workMs / (workMs / threads + waitMs);
  }

  #averageLoad(): number {
    let sum = 0;
    for (let at = this.#loadSince; at < this.ms; at++) sum += this.#neighbour(at);
    const average = sum / Math.max(1, Math.ceil(this.ms - this.#loadSince));
    this.#loadSince = this.ms;
    return average;
  }

  runUntil(ms: number, tokens = 1): { threads: number; ms: number }[] {
    const steps: { threads: number; ms: number }[] = [];
    while (this.ms < ms) steps.push(this.step(tokens));
    return steps;
  }
}

const nobody: Neighbour = () => 0;

describe("ThreadGovernor", () => {
  it.each([1, 2, 3, 4, 5])("stays at the most threads on an idle machine, seed %i", (seed) => {
    for (const cores of [1, 2, 8]) {
      const machine = new Machine({ cores, neighbour: nobody, seed });
      for (const { threads } of machine.runUntil(20_000)) expect(threads).toBe(cores);
    }
  });

  it("sheds within two tokens of a neighbour's arrival and is back within a second of its leaving", () => {
    for (let seed = 1; seed <= 30; seed++)
      for (const cores of [2, 4, 16]) {
        const leave = 9000 + seed * 37;
        const machine = new Machine({ cores, neighbour: (ms) => (ms > 3000 && ms < leave ? 1 : 0), seed });
        machine.runUntil(3001);
        machine.step();
        machine.step();
        expect(machine.governor.threads).toBeLessThan(cores);
        const busy = machine.runUntil(leave);
        const disturbed = busy.filter(({ ms }) => ms > 100).length;
        expect(disturbed).toBeLessThanOrEqual(2);
        machine.runUntil(leave + 1000);
        for (const { threads } of machine.runUntil(leave + 5000)) expect(threads).toBe(cores);
      }
  });

  it("leaves a neighbour its core when there are many", () => {
    const machine = new Machine({ cores: 8, neighbour: (ms) => (ms > 1000 ? 2 : 0) });
    machine.runUntil(5000);
    const counts = machine.runUntil(15_000).map(({ threads }) => threads);
    expect(counts.filter((threads) => threads === 6).length).toBeGreaterThan(0.9 * counts.length);
  });

  it("notices a neighbour that was there before the first token", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const machine = new Machine({ neighbour: (ms) => (ms < 10_000 ? 1 : 0), seed });
      machine.step();
      machine.step();
      expect(machine.governor.threads).toBe(1);
      machine.runUntil(10_000);
      machine.runUntil(11_000);
      expect(machine.step().threads).toBe(2);
    }
  });

  it("bounds what a neighbour costs that comes and goes", () => {
    const perSecond = (neighbour: Neighbour, seed: number) =>
      new Machine({ neighbour, seed }).runUntil(60_000).length / 60;
    const idle = perSecond(nobody, 1);
    for (const period of [20, 100, 300, 700, 1500, 3000, 10_000])
      for (const share of [0.1, 0.5, 0.9])
        for (let seed = 1; seed <= 3; seed++) {
          const speed = perSecond((ms) => (ms % period < period * share ? 1 : 0), seed);
          expect(speed / idle, `period ${period} ms, busy ${share}`).toBeGreaterThanOrEqual(0.35);
        }
  });

  it("bounds the cost of random neighbours, and works without knowing the load", () => {
    for (const knowsLoad of [true, false])
      for (let seed = 1; seed <= 5; seed++) {
        const random = createRandom(seed);
        const arrivals: number[] = [0];
        while (arrivals.at(-1)! < 60_000)
          arrivals.push(arrivals.at(-1)! - 1500 * Math.log(1 - random.next()));
        const neighbour: Neighbour = (ms) => arrivals.findIndex((at) => at > ms) % 2;
        const machine = new Machine({ neighbour, seed, knowsLoad });
        const ratio = machine.runUntil(60_000).length / (60_000 / 4);
        expect(ratio, `seed ${seed}, load known: ${knowsLoad}`).toBeGreaterThanOrEqual(0.35);
      }
  });

  it("finds back without knowing the load, later", () => {
    const machine = new Machine({ neighbour: (ms) => (ms > 2000 && ms < 4000 ? 1 : 0), knowsLoad: false });
    machine.runUntil(2800);
    expect(machine.governor.threads).toBe(1);
    machine.runUntil(40_000);
    expect(machine.governor.threads).toBe(2);
  });

  it("judges prompts by their own pace", () => {
    const machine = new Machine({ neighbour: nobody });
    for (let i = 0; i < 200; i++) {
      expect(machine.step(i % 3 === 0 ? 128 : 1).threads).toBe(2);
      expect(machine.step(i % 7 === 0 ? 5 : 1).threads).toBe(2);
    }
    const disturbed = new Machine({ neighbour: (ms) => (ms > 5000 && ms < 60_000 ? 1 : 0) });
    disturbed.runUntil(5001, 64);
    disturbed.step(64);
    disturbed.step(64);
    expect(disturbed.governor.threads).toBe(1);
    disturbed.runUntil(61_500, 64);
    expect(disturbed.governor.threads).toBe(2);
  });

  it("does not take a slowly growing context for a neighbour", () => {
    const machine = new Machine({ neighbour: nobody });
    for (let i = 0; i < 3000; i++) expect(machine.step(1, 8 + i * 0.03).threads).toBe(2);
  });

  it("keeps the fewest threads it was told to keep", () => {
    const governor = new ThreadGovernor({ maxThreads: 8, minThreads: 3, now: () => 0 });
    governor.report({ threads: 8, tokens: 1, ms: 4 });
    expect(governor.report({ threads: 8, tokens: 1, ms: 400 })).toBe(3);
    const fixed = new ThreadGovernor({ maxThreads: 4, minThreads: 9, now: () => 0 });
    fixed.report({ threads: 4, tokens: 1, ms: 4 });
    expect(fixed.report({ threads: 4, tokens: 1, ms: 400 })).toBe(4);
  });

  it("ignores impossible reports", () => {
    const governor = new ThreadGovernor({ maxThreads: 4, now: () => 0 });
    expect(governor.report({ threads: 4, tokens: 0, ms: 1 })).toBe(4);
    expect(governor.report({ threads: 4, tokens: 1, ms: Number.NaN })).toBe(4);
    expect(new ThreadGovernor({ maxThreads: 0, now: () => 0 }).threads).toBe(1);
  });
});
