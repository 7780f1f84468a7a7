import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StateDirectory } from "./state-directory.ts";

const modelA = "a".repeat(64);
const modelB = "b".repeat(64);
let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), "colloquy-")), "states");
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

const open = (model = modelA, bytesMax = 1e6, layout = "layout") =>
  new StateDirectory(folder, bytesMax, model, layout);
const stateOf = (first: number, bytes = 100) => ({
  tokens: Int32Array.from({ length: 10 }, (_, index) => first + index),
  bytes: new Uint8Array(bytes).fill(first).buffer,
});
const files = () => readdirSync(folder).map((name) => path.join(folder, name));
const sizes = () => files().reduce((sum, file) => sum + statSync(file).size, 0);
const age = (file: string, seconds: number) =>
  utimesSync(file, Date.now() / 1000 - seconds, Date.now() / 1000 - seconds);

test("a restarted program finds what was kept", async () => {
  await open().add(stateOf(10));
  const found = await open().find([...stateOf(10).tokens, 99], 3);
  expect([...found!.tokens]).toEqual([...stateOf(10).tokens]);
  expect(found!.bytes).toEqual(stateOf(10).bytes);
  expect(await open().find(stateOf(10).tokens, 10)).toBeUndefined();
  expect(await open().find([1, 2, 3], 0)).toBeUndefined();
});

test("a folder that is not there holds nothing, and is made when something is kept", async () => {
  expect(await open().find([1], 0)).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
  await open().add(stateOf(1));
  expect(files()).toHaveLength(1);
});

test("a longer state takes the place of its beginning; a shorter one is not added", async () => {
  const directory = open();
  const long = stateOf(10);
  await directory.add({ tokens: long.tokens.slice(0, 4), bytes: long.bytes });
  await directory.add(long);
  await directory.add({ tokens: long.tokens.slice(0, 6), bytes: long.bytes });
  expect(files()).toHaveLength(1);
  expect((await directory.find(long.tokens, 0))!.tokens).toHaveLength(10);
});

test("other models and layouts do not see each other, but share the bound", async () => {
  await open(modelA).add(stateOf(1, 3000));
  await open(modelB).add(stateOf(1, 3000));
  await open(modelA, 1e6, "other").add(stateOf(1, 3000));
  expect(files()).toHaveLength(3);
  expect(await open(modelA, 1e6, "third").find(stateOf(1).tokens, 0)).toBeUndefined();
  for (const [index, file] of files().entries()) age(file, 100 - index);
  const one = statSync(files()[0]!).size;
  await open(modelB, 3 * one + 600).add(stateOf(50, 3000));
  expect(sizes()).toBeLessThanOrEqual(3 * one + 600);
  expect(files()).toHaveLength(3);
});

test("the least recently used goes first, also after a restart", async () => {
  const bytesMax = 25_000;
  const first = open(modelA, bytesMax);
  await first.add(stateOf(100, 7000));
  age(files()[0]!, 300);
  const oldest = files()[0]!;
  await first.add(stateOf(200, 7000));
  age(files().find((file) => file !== oldest)!, 200);
  const again = open(modelA, bytesMax);
  expect(await again.find(stateOf(100).tokens, 0)).toBeDefined();
  await again.add(stateOf(300, 7000));
  await again.add(stateOf(400, 7000));
  expect(sizes()).toBeLessThanOrEqual(bytesMax);
  expect(await again.find(stateOf(200).tokens, 0)).toBeUndefined();
  expect(await again.find(stateOf(400).tokens, 0)).toBeDefined();
});

test("a state larger than the bound is not written", async () => {
  await open(modelA, 6000).add(stateOf(1, 6000));
  expect(existsSync(folder)).toBe(false);
});

test("a damaged file is removed when it is wanted", async () => {
  await open().add(stateOf(10));
  const file = files()[0]!;
  const content = readFileSync(file);
  content[content.length - 40]! ^= 1;
  writeFileSync(file, content);
  const directory = open();
  expect(await directory.find(stateOf(10).tokens, 0)).toBeUndefined();
  expect(files()).toEqual([]);
  await directory.add(stateOf(10));
  expect(await directory.find(stateOf(10).tokens, 0)).toBeDefined();
});

test("damaged files count, and go when they are oldest; a new state may take the place of one", async () => {
  await open().add(stateOf(10, 5000));
  const file = files()[0]!;
  writeFileSync(file, readFileSync(file).subarray(0, 3000).fill(0, 0, 12));
  expect(await open().find(stateOf(10).tokens, 0)).toBeUndefined();
  age(file, 500);
  await open(modelA, 9500).add(stateOf(50, 5000));
  expect(files()).toHaveLength(2);
  await open(modelA, 9500).add(stateOf(70, 2000));
  expect(existsSync(file)).toBe(false);
  const directory = open();
  await directory.add(stateOf(70, 2000));
  expect(await directory.find(stateOf(70).tokens, 0)).toBeDefined();
});

test("files that are not ours stay, whatever they are called", async () => {
  mkdirSync(folder);
  const foreign = [
    "notes.state",
    `${modelA.slice(0, 16)}.state`,
    "x.part",
    `${modelA.slice(0, 16)}-zz.state`,
  ];
  for (const name of foreign) writeFileSync(path.join(folder, name), "kept");
  for (const name of foreign) age(path.join(folder, name), 100_000);
  const directory = open(modelA, 6000);
  for (const first of [100, 200, 300, 400]) await directory.add(stateOf(first, 1200));
  for (const name of foreign) expect(readFileSync(path.join(folder, name), "utf8")).toBe("kept");
});

test("what a killed process left half written goes", async () => {
  mkdirSync(folder);
  const name = `${modelA.slice(0, 16)}-${"0".repeat(24)}.state.123.abc`;
  const [old, fresh] = [path.join(folder, `${name}1.part`), path.join(folder, `${name}2.part`)];
  for (const file of [old, fresh]) writeFileSync(file, "half");
  age(old, 100_000);
  await open().find([1], 0);
  expect(files()).toEqual([fresh]);
});

test("a file that another process removed costs nothing", async () => {
  const directory = open();
  await directory.add(stateOf(10));
  rmSync(files()[0]!);
  expect(await directory.find(stateOf(10).tokens, 0)).toBeUndefined();
  await directory.add(stateOf(10));
  expect(await directory.find(stateOf(10).tokens, 0)).toBeDefined();
});
