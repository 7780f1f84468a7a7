import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readStateFile, writeStateFile } from "./state-file.ts";

const state = {
  tokens: Int32Array.of(7, -2, 2 ** 30, 0),
  bytes: Uint8Array.from({ length: 37 }, (_, i) => i * 7).buffer,
};
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  file = path.join(folder, "chat.state");
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = () => writeStateFile(file, "model", "layout", state);
const codeOf = (content: Uint8Array) => {
  writeFileSync(file, content);
  return readStateFile(file, "model", "layout").then(
    () => "ok",
    (error) => error.code ?? error.message,
  );
};

/** A file with this header and everything else right, checksum included. */
function fileWith(header: unknown, tokens: Uint8Array, bytes: Uint8Array, headerLength?: number): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(headerLength ?? json.length);
  const body = Buffer.concat([Buffer.from("CLQYSEQ1"), length, json, tokens, bytes]);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}
const header = { version: 1, model: "model", layout: "layout", tokenCount: 1, stateBytes: 3 };
const token = Uint8Array.of(5, 0, 0, 0);
const bytes = Uint8Array.of(1, 2, 3);

test("reads what was written", async () => {
  const size = await write();
  expect(readFileSync(file).length).toBe(size);
  const read = await readStateFile(file, "model", "layout");
  expect([...read.tokens]).toEqual([...state.tokens]);
  expect(read.bytes).toEqual(state.bytes);
  expect(readdirSync(folder)).toEqual(["chat.state"]);
});

test("how much of it is exact is kept", async () => {
  await writeStateFile(file, "model", "layout", { ...state, exactLength: 2 });
  expect(await readStateFile(file, "model", "layout")).toEqual({ ...state, exactLength: 2 });
});

test("an empty state, and larger ones that go piece by piece", async () => {
  for (const [length, pieceBytes] of [
    [0, 1],
    [3_000_000, 2 ** 16],
    [37, 1],
    [37, 36],
    [37, 37],
    [37, 38],
  ] as const) {
    const { buffer } = Uint8Array.from({ length }, (_, index) => index * 31 + (index >> 8));
    const written = { tokens: Int32Array.of(1, 2), bytes: buffer };
    const size = await writeStateFile(file, "model", "layout", written, pieceBytes);
    expect(readFileSync(file).length).toBe(size);
    for (const readBytes of [pieceBytes, 1000])
      expect(await readStateFile(file, "model", "layout", readBytes)).toEqual(written);
  }
});

test("tokens that are a part of a longer array", async () => {
  const tokens = Int32Array.of(1, 2, 3, 4, 5).subarray(1, 4);
  await writeStateFile(file, "model", "layout", { tokens, bytes: state.bytes });
  expect([...(await readStateFile(file, "model", "layout")).tokens]).toEqual([2, 3, 4]);
});

test("a file that is cut anywhere is refused", async () => {
  await write();
  const content = readFileSync(file);
  for (let length = 0; length < content.length; length++)
    expect(await codeOf(content.subarray(0, length)), `${length} bytes`).toBe("state-file-invalid");
});

test("a file with any byte changed, or one more, is refused", async () => {
  await write();
  const content = readFileSync(file);
  for (let at = 0; at < content.length; at++) {
    const damaged = Buffer.from(content);
    damaged[at]! ^= 1 << (at % 8);
    expect(await codeOf(damaged), `byte ${at}`).toBe("state-file-invalid");
  }
  expect(await codeOf(Buffer.concat([content, Buffer.of(0)]))).toBe("state-file-invalid");
});

test("another model, another layout, no file, a folder", async () => {
  await write();
  await expect(readStateFile(file, "other", "layout")).rejects.toMatchObject({ code: "state-file-mismatch" });
  await expect(readStateFile(file, "model", "other")).rejects.toMatchObject({ code: "state-file-mismatch" });
  for (const absent of [path.join(folder, "absent"), folder])
    await expect(readStateFile(absent, "model", "layout")).rejects.toMatchObject({
      code: "state-file-invalid",
    });
});

test("the helper of these tests writes good files", async () => {
  expect(await codeOf(fileWith(header, token, bytes))).toBe("ok");
});

test.each([
  ["more tokens than there are", { ...header, tokenCount: 2 }],
  ["fewer tokens than there are", { ...header, tokenCount: 0 }],
  ["more bytes than there are", { ...header, stateBytes: 4 }],
  ["huge counts", { ...header, tokenCount: Number.MAX_SAFE_INTEGER }],
  ["negative counts that add up", { ...header, tokenCount: -1, stateBytes: 11 }],
  ["counts that are no integers", { ...header, tokenCount: 0.75, stateBytes: 4 }],
  ["counts that are texts", { ...header, tokenCount: "1" }],
  ["no counts", { version: 1, model: "model", layout: "layout" }],
  ["more exact tokens than tokens", { ...header, exactCount: 2 }],
  ["exact tokens that are no number", { ...header, exactCount: "1" }],
  ["another version", { ...header, version: 2 }],
  ["null", null],
  ["a number", 7],
  ["no JSON", "{"],
])("a header that lies, with a right checksum: %s", async (_, lie) => {
  expect(await codeOf(fileWith(lie, token, bytes))).toBe("state-file-invalid");
});

test("a header length that points out of the file", async () => {
  for (const length of [2 ** 32 - 1, 70_000, 400, 0])
    expect(await codeOf(fileWith(header, token, bytes, length))).toBe("state-file-invalid");
});

test("when writing fails there is no file, neither whole nor half", async () => {
  mkdirSync(file);
  await expect(write()).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["chat.state"]);
  expect(readdirSync(file)).toEqual([]);
  await expect(writeStateFile(path.join(folder, "no", "chat.state"), "m", "l", state)).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["chat.state"]);
});

test("an older file stays until the new one is complete", async () => {
  await write();
  const before = readFileSync(file);
  let reads = 0;
  const broken = {
    tokens: state.tokens,
    get bytes() {
      // Its size goes into the header; the content then is not to be had.
      if (reads++ > 0) throw new Error("gone");
      return state.bytes;
    },
  };
  await expect(writeStateFile(file, "model", "layout", broken)).rejects.toThrow("gone");
  expect(Buffer.compare(readFileSync(file), before)).toBe(0);
  expect(readdirSync(folder)).toEqual(["chat.state"]);
});
