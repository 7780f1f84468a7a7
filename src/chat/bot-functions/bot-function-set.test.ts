import { describe, expect, test } from "vitest";
import { BotFunctionSet } from "./bot-function-set.ts";
import { createRegistry } from "./bot-functions.ts";
import { formatDate, formatTime } from "./built-in-functions.ts";

function createSet(...names: string[]): BotFunctionSet {
  const set = new BotFunctionSet();
  for (const name of names) set.register(() => name, { name, docs: `Says ${name}.` });
  return set;
}

describe("D28: filter changes what is enabled", () => {
  test("disable, enable, only", () => {
    const set = createSet("a", "ab", "c");
    expect(set.filter(/^a/, "disable").map((fn) => fn.name)).toEqual(["a", "ab"]);
    expect(set.list().map((fn) => fn.name)).toEqual(["c"]);
    set.filter(["ab"]);
    expect(set.list().map((fn) => fn.name)).toEqual(["ab", "c"]);
    set.filter(["a", /b/g], "only");
    expect(set.list().map((fn) => fn.name)).toEqual(["a", "ab"]);
    expect(set.list(true)).toHaveLength(3);
  });

  test("an unknown name or mode changes nothing and throws", () => {
    const set = createSet("a", "b");
    expect(() => set.filter(["a", "x"], "only")).toThrow("There is no bot function x");
    expect(() => set.filter("a", "off" as never)).toThrow("is not a filter mode");
    expect(set.list()).toHaveLength(2);
  });
});

describe("D28: test() is true when all pass, and calls only what can be tried", () => {
  test("all pass", async () => {
    const set = createSet("a");
    const seen: unknown[] = [];
    set.register((city: string) => seen.push(city), { name: "withArgs", testArgs: ["Oslo"] });
    set.register((city: string) => seen.push(city, "untried"), { name: "needsArgs" });
    expect(await set.test()).toBe(true);
    expect(seen).toEqual(["Oslo"]);
    expect(set.list()).toHaveLength(3);
  });

  test("a failure is false and disables, unless told otherwise", async () => {
    const set = createSet("a");
    set.register(() => Promise.reject(new Error("no network")), { name: "bad" });
    set.register(() => 1n, { name: "unprintable" });
    expect(await set.test({ disableOnError: false })).toBe(false);
    expect(set.list()).toHaveLength(3);
    expect(await set.test()).toBe(false);
    expect(set.list().map((fn) => fn.name)).toEqual(["a"]);
  });
});

describe("D28: registration", () => {
  test("replaces a function of the same name in its place", () => {
    const set = createSet("a", "b");
    set.register(() => "new", { name: "a" });
    expect(set.length).toBe(2);
    expect(set.at(0)?.handler()).toBe("new");
    expect(set.at(-1)?.name).toBe("b");
  });

  test("find, unregister, iteration", () => {
    const set = createSet("a", "b");
    set.filter("b", "disable");
    expect(set.find("b")?.name).toBe("b");
    expect(set.find("b", set)).toBeUndefined();
    expect(set.find("x")).toBeUndefined();
    expect([...set].map((fn) => fn.name)).toEqual(["a"]);
    expect(set.unregister("a")).toBe(true);
    expect(set.unregister("a")).toBe(false);
    expect(set.length).toBe(1);
  });
});

describe("D28: docs", () => {
  test("python: bullets with the signature; the epilogue names a registered function", () => {
    const set = new BotFunctionSet();
    set.register((city: string, days = 3) => `${city}${days}`, {
      name: "weather",
      docs: "Tells\n the weather.",
    });
    expect(set.generateDocs()).toBe(
      [
        "You can call these functions while you write:",
        "* `weather(city, days=None)`: Tells the weather.",
        'For example, write `weather("text")` and the result of weather appears behind it. Give plain values as arguments.',
      ].join("\n"),
    );
    set.register(() => 1, { name: "ping" });
    expect(set.generateDocs({ prologue: false }).split("\n")).toEqual([
      "* `weather(city, days=None)`: Tells the weather.",
      "* `ping()`",
      "For example, write `ping()` and the result of ping appears behind it. Give plain values as arguments.",
    ]);
  });

  test("example values follow the schema", () => {
    const set = new BotFunctionSet();
    const properties = {
      n: { type: "integer" },
      b: { type: "boolean" },
      l: { type: "array" },
      o: { type: "object" },
      e: { enum: ["x", "y"] },
    };
    set.register((n, b, l, o, e) => [n, b, l, o, e], {
      name: "f",
      params: { properties, required: Object.keys(properties) },
    });
    expect(set.generateDocs()).toContain('`f(1, True, [], {}, "x")`');
  });

  test("openai: real schemas, no sentences unless given", () => {
    const set = createSet("a", "b");
    set.filter("b", "disable");
    expect(JSON.parse(set.generateDocs({ spec: "openai" }))).toEqual([set.find("a")!.openai]);
    expect(set.generateDocs({ spec: "openai", prologue: "<tools>", epilogue: "</tools>" })).toMatch(
      /^<tools>\n\[.*\]\n<\/tools>$/,
    );
  });

  test("own sentences, other functions, none, and an unknown spec", () => {
    const set = createSet("a");
    expect(set.generateDocs({ prologue: "P", epilogue: "E" })).toBe("P\n* `a()`: Says a.\nE");
    expect(set.generateDocs({ functions: createSet("z"), prologue: false, epilogue: false })).toBe(
      "* `z()`: Says z.",
    );
    expect(new BotFunctionSet().generateDocs()).toBe("");
    expect(() => set.generateDocs({ spec: "xml" as never })).toThrow('"xml" is not a spec');
  });
});

describe("D28: the built-in clock", () => {
  test("25 June is June 25", () => {
    expect(formatDate(new Date(2024, 5, 25))).toBe("Tuesday, June 25, 2024");
    expect(formatDate(new Date(2026, 10, 1))).toBe("Sunday, November 1, 2026");
  });

  test.each([
    [0, 5, "12:05 AM"],
    [9, 30, "9:30 AM"],
    [12, 0, "12:00 PM"],
    [23, 59, "11:59 PM"],
  ])("%i:%i", (hours, minutes, text) => {
    expect(formatTime(new Date(2024, 5, 25, hours, minutes))).toBe(text);
  });

  test("load keeps a function of the user", async () => {
    const set = createSet("time");
    set.load();
    set.load();
    expect(set.list().map((fn) => fn.name)).toEqual(["time", "date"]);
    expect(set.find("time")?.handler()).toBe("time");
    expect(await set.test()).toBe(true);
  });
});

describe("BotFunctions, the callable", () => {
  test("gives arrays, loads the built-ins, and has the methods of a set", () => {
    const functions = createRegistry(createSet("a"));
    expect(functions.length).toBe(1);
    expect(functions({ load: false }).map((fn) => fn.name)).toEqual(["a"]);
    expect(functions().map((fn) => fn.name)).toEqual(["a", "time", "date"]);
    expect(functions.length).toBe(3);
    functions.filter("a", "disable");
    expect(functions().map((fn) => fn.name)).toEqual(["time", "date"]);
    expect(functions({ all: true })).toHaveLength(3);
    expect([...functions]).toHaveLength(2);
    expect(functions.find("a")?.enabled).toBe(false);
  });

  test("test: a promise of the functions that passed", async () => {
    const functions = createRegistry(createSet("a"));
    functions.register(() => Promise.reject(new Error("x")), { name: "bad" });
    expect((await functions({ test: true })).map((fn) => fn.name)).toEqual(["a", "time", "date"]);
  });
});
