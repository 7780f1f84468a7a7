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
import { open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { StateDirectory } from "./state-directory.ts";

const modelA = "a".repeat(64);
const modelB = "b".repeat(64);
let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), "colloquy-")), "states");
});
afterEach(() => {
  warnings.length = 0;
  vi.restoreAllMocks();
  rmSync(path.dirname(folder), { recursive: true });
});

const warnings: string[] = [];
const open = (model = modelA, bytesMax = 1e6, layout = "layout") =>
  new StateDirectory({
    directory: folder,
    bytesMax,
    model,
    layout,
    warn: (message) => warnings.push(message),
  });
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

test("a damaged file is removed when it is wanted, and said to be", async () => {
  await open().add(stateOf(10));
  const file = files()[0]!;
  const content = readFileSync(file);
  content[content.length - 40]! ^= 1;
  writeFileSync(file, content);
  const directory = open();
  expect(await directory.find(stateOf(10).tokens, 0)).toBeUndefined();
  expect(files()).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^cacheDirectory: .*removed.*checksum/)]);
  await directory.add(stateOf(10));
  expect(await directory.find(stateOf(10).tokens, 0)).toBeDefined();
  expect(warnings).toHaveLength(1);
});

test("a file whose beginning is damaged is removed when the folder is looked at", async () => {
  for (const [first, damage] of [
    [10, (content: Buffer) => content.fill(0, 0, 12)],
    [50, (content: Buffer) => content.subarray(0, 100)],
    [90, (content: Buffer) => content.subarray(0, 0)],
  ] as const) {
    await open().add(stateOf(first));
    const file = files()[0]!;
    writeFileSync(file, damage(readFileSync(file)));
    expect(await open().find([1], 0)).toBeUndefined();
    expect(files()).toEqual([]);
  }
  expect(warnings).toHaveLength(3);
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
  expect(warnings).toEqual([]);
});

test("a folder that cannot be made or written is said once for each reason", async () => {
  writeFileSync(path.join(path.dirname(folder), "file"), "");
  folder = path.join(path.dirname(folder), "file", "states");
  const directory = open();
  for (const first of [10, 20, 30]) {
    await directory.add(stateOf(first));
    expect(await directory.find(stateOf(first).tokens, 0)).toBeUndefined();
  }
  folder = path.join(path.dirname(path.dirname(folder)), "states");
  expect(warnings).toEqual([
    expect.stringMatching(/cannot be read: ENOTDIR/),
    expect.stringMatching(/cannot keep states.*ENOTDIR/),
  ]);
});

test("a full disk leaves no half file, is said once, and costs nothing once there is room again", async () => {
  const directory = open();
  await directory.add(stateOf(10));
  const handle = await openFile(files()[0]!);
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
  let writes = 0;
  const spy = vi.spyOn(Object.getPrototypeOf(handle), "writeFile").mockImplementation(async () => {
    if (++writes % 3 === 0) throw full;
  });
  await handle.close();
  for (const first of [100, 200, 300]) await directory.add(stateOf(first));
  expect(warnings).toEqual([expect.stringMatching(/cannot keep states.*ENOSPC/)]);
  expect(files()).toHaveLength(1);
  spy.mockRestore();
  await directory.add(stateOf(100));
  expect(await directory.find(stateOf(100).tokens, 0)).toBeDefined();
  expect(await directory.find(stateOf(10).tokens, 0)).toBeDefined();
});

test("what another process keeps is found, and counts for the bound", async () => {
  const [one, two] = [open(modelA, 10_000), open(modelA, 10_000)];
  expect(await two.find(stateOf(10).tokens, 0)).toBeUndefined();
  await one.add(stateOf(10, 4000));
  expect(await two.find(stateOf(10).tokens, 0)).toBeDefined();
  age(files()[0]!, 100);
  await one.add(stateOf(50, 4000));
  await two.add(stateOf(90, 4000));
  expect(sizes()).toBeLessThanOrEqual(10_000);
  expect(await one.find(stateOf(90).tokens, 0)).toBeDefined();
  expect(await one.find(stateOf(10).tokens, 0)).toBeUndefined();
});

test("two processes at once, at random: never a wrong state, never over the bound, no trouble", async () => {
  const random = seededRandom(5);
  const below = (end: number) => Math.floor(random() * end);
  const both = [open(modelA, 30_000), open(modelA, 30_000)];
  for (let round = 0; round < 60; round++) {
    await Promise.all(
      both.map(async (directory) => {
        const wanted = stateOf(100 * below(12), 3000 + below(3) * 1000);
        if (below(2) === 0) return directory.add(wanted);
        const found = await directory.find([...wanted.tokens, 7], 0);
        if (found !== undefined) expect(new Uint8Array(found.bytes)[0]).toBe(wanted.tokens[0]! % 256);
      }),
    );
    // Both may have written before either of them counted.
    expect(sizes()).toBeLessThanOrEqual(30_000 + 6000);
  }
  expect(warnings).toEqual([]);
  expect(files().every((file) => file.endsWith(".state"))).toBe(true);
});
