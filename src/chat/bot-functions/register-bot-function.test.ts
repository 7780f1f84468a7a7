import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { BotFunctionSet } from "./bot-function-set.ts";
import { BotFunctions } from "./bot-functions.ts";
import { botFunction } from "./register-bot-function.ts";

const folder = mkdtempSync(join(tmpdir(), "colloquy-decorator-"));
afterAll(() => rmSync(folder, { recursive: true }));

// Node 20 has no decorator syntax and the test runner does not lower it, so the compiler does.
const SOURCE = `
export function createHome(botFunction: any, into: any) {
  class Home {
    on = false;
    static rooms = 4;
    @botFunction({ into, docs: "Switches the light." })
    light(on: boolean, room = "kitchen") {
      this.on = on;
      return room + (this.on ? " on" : " off");
    }
    @botFunction({ into, name: "rooms" })
    static countRooms() {
      return this.rooms;
    }
  }
  return Home;
}
export function createBare(botFunction: any) {
  return class { @botFunction colloquyTestBare() { return "bare"; } };
}
export function createPrivate(botFunction: any) {
  return class { @botFunction({ name: "x" }) #hidden() {} };
}
`;

async function compile() {
  writeFileSync(join(folder, "home.mts"), SOURCE);
  const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
  const flags = [
    "--ignoreConfig",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--types",
    "",
    "--outDir",
    folder,
  ];
  execFileSync(process.execPath, [tsc, ...flags, join(folder, "home.mts")], { stdio: "inherit" });
  return import(pathToFileURL(join(folder, "home.mjs")).href);
}

test("the decorator registers methods bound to their object", async () => {
  const { createHome, createBare, createPrivate } = await compile();
  const set = new BotFunctionSet();
  const Home = createHome(botFunction, set);
  expect(set.list().map((fn) => fn.name)).toEqual(["rooms"]);
  expect(await set.run("rooms()")).toEqual([{ name: "rooms", content: 4 }]);

  const first = new Home();
  expect(set.find("light")).toMatchObject({
    docs: "Switches the light.",
    parameterNames: ["on", "room"],
    requiredNames: ["on"],
  });
  expect(await set.run("light(True) light(on=False, room='hall')")).toEqual([
    { name: "light", content: "kitchen on" },
    { name: "light", content: "hall off" },
  ]);
  const second = new Home();
  await set.run("light(true)");
  expect([first.on, second.on]).toEqual([false, true]);
  expect(first.light(true)).toBe("kitchen on");

  new (createBare(botFunction))();
  expect(BotFunctions.find("colloquyTestBare")?.handler()).toBe("bare");
  expect(BotFunctions.unregister("colloquyTestBare")).toBe(true);
  expect(() => createPrivate(botFunction)).toThrow("public methods");
});

test("botFunction registers a function and returns its description", () => {
  const fn = botFunction(() => "x", { name: "colloquyTestGlobal", docs: "X." });
  expect(BotFunctions.find("colloquyTestGlobal")).toBe(fn);
  BotFunctions.unregister("colloquyTestGlobal");
  const into = new BotFunctionSet();
  botFunction(() => "y", { name: "local", into });
  expect(into.length).toBe(1);
  expect(BotFunctions.find("local")).toBeUndefined();
});
