import { describe, expect, it } from "vitest";
import { createFreeCores } from "./free-cores.ts";

describe("free cores", () => {
  it("are those that are idle or busy with our own work", () => {
    let busyMs = 1000;
    let totalMs = 5000;
    let ownMs = 300;
    const free = createFreeCores({
      allCores: () => ({ busyMs, totalMs }),
      ownMs: () => ownMs,
      coreCount: 2,
    });
    expect(free()).toBeUndefined();
    busyMs += 180;
    totalMs += 200;
    ownMs += 80;
    expect(free()).toBeCloseTo(1);
    totalMs += 40;
    busyMs += 40;
    expect(free()).toBeUndefined();
    totalMs += 160;
    busyMs += 60;
    ownMs += 120;
    expect(free()).toBe(2);
    busyMs += 200;
    totalMs += 200;
    expect(free()).toBe(0);
  });

  it("can be read on this machine", () => {
    const free = createFreeCores()();
    expect(free === undefined || free >= 0).toBe(true);
  });
});
