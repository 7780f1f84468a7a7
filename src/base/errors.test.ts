import { expect, test } from "vitest";
import {
  assert,
  ColloquyError,
  DisposedError,
  InsufficientMemoryError,
  InvalidArgumentError,
  NoBinaryFoundError,
  UnsupportedError,
} from "./errors.ts";

test("an error carries code, hint and cause, and its message says the hint", () => {
  const cause = new Error("why");
  const error = new ColloquyError("range", "It is too far", { hint: "go back", cause });
  expect(error).toMatchObject({ code: "range", hint: "go back", name: "ColloquyError", cause });
  expect(error.message).toBe("It is too far (go back)");
  expect(new ColloquyError("range", "It is too far")).toMatchObject({
    message: "It is too far",
    hint: undefined,
  });
});

test.each([
  [new InvalidArgumentError("x"), "invalid-argument", "InvalidArgumentError"],
  [new UnsupportedError("x"), "unsupported", "UnsupportedError"],
  [new DisposedError("x"), "disposed", "DisposedError"],
  [new InsufficientMemoryError("x"), "insufficient-memory", "InsufficientMemoryError"],
  [new NoBinaryFoundError("x"), "no-binary", "NoBinaryFoundError"],
])("%s has its code and its name", (error, code, name) => {
  expect(error).toBeInstanceOf(ColloquyError);
  expect(error).toMatchObject({ code, name });
});

test("a broken promise of our own code is an internal error", () => {
  assert(1, "fine");
  expect(() => assert(0, "not fine")).toThrow(expect.objectContaining({ code: "internal" }));
});
