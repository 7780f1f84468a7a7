import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { linkedAbort } from "./linked-abort.ts";

test("aborts with its parent, for the parent's reason", () => {
  const parent = new AbortController();
  const child = linkedAbort(parent.signal);
  expect(child.signal.aborted).toBe(false);
  parent.abort("stop");
  expect([child.signal.aborted, child.signal.reason]).toEqual([true, "stop"]);
  expect(linkedAbort(parent.signal).signal.reason).toBe("stop");
});

test("aborts alone without touching its parent", () => {
  const parent = new AbortController();
  const child = linkedAbort(parent.signal);
  child.abort("own");
  expect([child.signal.reason, parent.signal.aborted]).toEqual(["own", false]);
  expect(linkedAbort(undefined).signal.aborted).toBe(false);
});

test("an unlinked one leaves nothing with its parent", () => {
  const parent = new AbortController();
  const child = linkedAbort(parent.signal);
  child.unlink();
  expect(getEventListeners(parent.signal, "abort")).toEqual([]);
  parent.abort();
  expect(child.signal.aborted).toBe(false);
});
