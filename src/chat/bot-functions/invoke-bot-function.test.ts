import { describe, expect, test } from "vitest";
import {
  type BotFunctionContext,
  type BotFunctionHandler,
  type BotFunctionOptions,
  defineBotFunction,
} from "./bot-function.ts";
import { type InvokeOptions, invokeBotFunction } from "./invoke-bot-function.ts";

function invoke(
  handler: BotFunctionHandler,
  options: BotFunctionOptions,
  args: readonly unknown[] = [],
  keywords: Readonly<Record<string, unknown>> = {},
  limits: InvokeOptions = {},
) {
  return invokeBotFunction(defineBotFunction(handler, { name: "f", ...options }), { args, keywords }, limits);
}

const echo = (city: unknown, days: unknown = 3) => [city, days];
const WEATHER: BotFunctionOptions = {
  params: {
    type: "object",
    properties: { city: { type: "string", minLength: 1 }, days: { type: "integer", maximum: 7 } },
    required: ["city"],
    additionalProperties: false,
  },
};

describe("binding", () => {
  test.each<[unknown[], Record<string, unknown>, unknown]>([
    [["Oslo"], {}, ["Oslo", 3]],
    [["Oslo", 5], {}, ["Oslo", 5]],
    [["Oslo"], { days: 5 }, ["Oslo", 5]],
    [[], { days: 5, city: "Oslo" }, ["Oslo", 5]],
  ])("%j %j", async (args, keywords, value) => {
    expect(await invoke(echo, {}, args, keywords)).toEqual({ ok: true, value });
    expect(await invoke(echo, WEATHER, args, keywords)).toEqual({ ok: true, value });
    const byName = ({ city, days = 3 }: { city: string; days?: number }) => [city, days];
    expect(await invoke(byName, {}, args, keywords)).toEqual({ ok: true, value });
    const whole = (options: { city: string; days?: number }) => [options.city, options.days ?? 3];
    expect(await invoke(whole, WEATHER, args, keywords)).toEqual({ ok: true, value });
  });

  test.each<[unknown[], Record<string, unknown>, string]>([
    [[], {}, "city is missing"],
    [[3], {}, "city must be of type string"],
    [[""], {}, "city must have at least 1 characters"],
    [["a", 1.5], {}, "days must be of type integer"],
    [["a", 8], {}, "days must be at most 7"],
    [["a", 1, 2], {}, "f takes at most 2 arguments"],
    [["a"], { city: "b" }, "f got the argument city twice"],
    [["a"], { town: "b" }, "f has no parameter town"],
  ])("refuses %j %j", async (args, keywords, error) => {
    expect(await invoke(echo, WEATHER, args, keywords)).toEqual({ ok: false, error });
  });

  test("rest parameters and native functions", async () => {
    expect(await invoke((a, ...rest) => [a, rest], {}, [1, 2, 3])).toEqual({ ok: true, value: [1, [2, 3]] });
    expect(await invoke(Math.max, {}, [1, 5, 2])).toEqual({ ok: true, value: 5 });
    expect(await invoke(Math.max, {}, [], { a: 1 })).toMatchObject({ ok: false });
    expect(await invoke(() => 1, {}, [1])).toEqual({ ok: false, error: "f takes no arguments" });
  });

  test("takes overrides the guess", async () => {
    const params = { properties: { city: { type: "string" } } };
    expect(await invoke((a) => a, { params }, ["Oslo"])).toEqual({ ok: true, value: { city: "Oslo" } });
    expect(await invoke((a) => a, { params, takes: "positional" }, ["Oslo"])).toEqual({
      ok: true,
      value: "Oslo",
    });
  });
});

describe("ends", () => {
  test("an async handler, a throwing one, a rejecting one, one that throws no error", async () => {
    expect(await invoke(async () => 7, {})).toEqual({ ok: true, value: 7 });
    const failing = () => {
      throw new Error("broken");
    };
    expect(await invoke(failing, {})).toEqual({ ok: false, error: "broken" });
    expect(await invoke(() => Promise.reject(new TypeError("")), {})).toEqual({
      ok: false,
      error: "TypeError",
    });
    const throwing = () => {
      throw Object.create(null);
    };
    expect(await invoke(throwing, {})).toEqual({ ok: false, error: "the function failed" });
  });

  test("a handler that hangs ends with the time limit, and its signal is aborted", async () => {
    let context: BotFunctionContext | undefined;
    const hang = (_city: unknown, given: BotFunctionContext) => {
      context = given;
      return new Promise(() => {});
    };
    const params = { properties: { city: {} } };
    const result = await invoke(hang, { params, takes: "positional" }, ["x"], {}, { timeoutMs: 5 });
    expect(result).toEqual({ ok: false, error: "f took longer than 5 ms" });
    expect(context?.signal.aborted).toBe(true);
    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
      await expect(invoke(hang, {}, [], {}, { timeoutMs })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });

  test("an abort throws with its reason, before and during the call", async () => {
    const reason = new Error("stop");
    let calls = 0;
    const count = () => void calls++;
    const before = invoke(count, {}, [], {}, { signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toMatchObject({ code: "aborted", cause: reason });
    expect(calls).toBe(0);
    const controller = new AbortController();
    const during = invoke(() => new Promise(() => {}), {}, [], {}, { signal: controller.signal });
    controller.abort(reason);
    await expect(during).rejects.toMatchObject({ code: "aborted", cause: reason });
  });
});

describe("defineBotFunction", () => {
  test("names", () => {
    expect(defineBotFunction(function weather() {}).name).toBe("weather");
    expect(() => defineBotFunction(() => 1)).toThrow('"" is not a name');
    expect(() => defineBotFunction(() => 1, { name: "a-b" })).toThrow('"a-b" is not a name');
    expect(() => defineBotFunction(1 as never)).toThrow("must be a function");
  });

  test("docs: given, else the comment that opens the body", () => {
    // The test's own transformation may drop comments, so the function is made from text.
    const commented = new Function("return function f(a) { /** Returns a. */ return a; }")();
    expect(defineBotFunction(commented).docs).toBe("Returns a.");
    expect(defineBotFunction(commented, { docs: "Other." }).docs).toBe("Other.");
  });

  test("a schema that cannot be checked is refused with its path", () => {
    const params = { properties: { a: { type: "array", items: { pattern: "x" } } } };
    expect(() => defineBotFunction((a) => a, { name: "f", params })).toThrow(
      "params.properties.a.items.pattern",
    );
    for (const wrong of [
      { type: "array" },
      { required: ["a"] },
      { properties: { a: { type: "strin" } } },
      { properties: { a: { enum: 1 } } },
      { properties: { a: 1 } },
    ]) {
      expect(() => defineBotFunction((a) => a, { name: "f", params: wrong as never })).toThrow(/params/);
    }
  });

  test("the OpenAI form", () => {
    expect(defineBotFunction(echo, { name: "echo", docs: "Echoes." }).openai).toEqual({
      type: "function",
      function: {
        name: "echo",
        description: "Echoes.",
        parameters: { type: "object", properties: { city: {}, days: {} }, required: ["city"] },
      },
    });
  });
});
