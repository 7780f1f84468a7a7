import { describe, expect, it } from "vitest";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { GRAMMAR_LIMITS } from "../limits.ts";
import { compileProgram } from "./compile-program.ts";
import { StackStore } from "./stack-store.ts";

const { workPerCall, workRefill } = GRAMMAR_LIMITS;
const program = compileProgram(parseGbnf('root ::= "a"'));

/** Works until it is stopped; returns how much was done. */
function exhaust(store: StackStore): number {
  for (let done = 0; ; done += 1000)
    try {
      store.spend(1000);
    } catch (error) {
      expect(error).toMatchObject({ code: "grammar-limit" });
      return done;
    }
}

describe("the work of a walk", () => {
  it("is bounded for a call, and for many calls by what each adds", () => {
    const store = new StackStore(program);
    let total = 0;
    const calls = 200;
    for (let call = 0; call < calls; call++) {
      store.beginCall();
      const done = exhaust(store);
      expect(done).toBeLessThanOrEqual(call === 0 ? workPerCall : workRefill);
      expect(done).toBeGreaterThan(0);
      total += done;
    }
    expect(total).toBeLessThanOrEqual(workPerCall + calls * workRefill);
  });

  it("comes back with calls that take little, up to the most", () => {
    const store = new StackStore(program);
    exhaust(store);
    for (let call = 0; call < (2 * workPerCall) / workRefill; call++) store.beginCall();
    expect(exhaust(store)).toBe(workPerCall);
  });

  it("is not begun afresh with another automaton", () => {
    const store = new StackStore(program);
    exhaust(store);
    const next = new StackStore(program);
    next.shareCredit(store);
    next.beginCall();
    expect(exhaust(next)).toBeLessThanOrEqual(workRefill);
  });
});
