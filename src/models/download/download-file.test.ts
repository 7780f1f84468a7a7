import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileServer } from "../../../test/gguf/file-server.ts";
import { seededRandom } from "../../../test/gguf/seeded-random.ts";
import { type DownloadFileOptions, downloadFile } from "./download-file.ts";

let folder: string;
let server: FileServer;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "download-"));
  path = join(folder, "model.gguf");
  server = await FileServer.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const random = seededRandom(3);
const body = Buffer.from(Uint8Array.from({ length: 200_000 }, () => random() * 256));
body.write("GGUF");
const sha256 = createHash("sha256").update(body).digest("hex");

function download(url: string, options: Partial<DownloadFileOptions> = {}): Promise<void> {
  return downloadFile({ url, path, segmentBytes: 16_384, retryDelayMs: 1, ...options });
}

/** Exactly these files are in the folder: nothing half done, nothing left over. */
function expectFolder(...names: string[]): void {
  expect(readdirSync(folder).sort()).toEqual(names.sort());
}

function bodyRequests(): string[] {
  return server.requests.map(({ range }) => range ?? "all").filter((range) => range !== "bytes=0-0");
}

describe("whole downloads", () => {
  test("in parallel ranges, with progress", async () => {
    const seen: number[] = [];
    const url = server.serve("/model.gguf", { body });
    await download(url, {
      sha256,
      onBytes: (bytes, total) => seen.push(bytes) && expect(total).toBe(body.length),
    });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(new Set(bodyRequests()).size).toBe(Math.ceil(body.length / 16_384));
    expect(seen.at(-1)).toBe(body.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expectFolder("model.gguf");
  });

  test("from a server without ranges", async () => {
    await download(server.serve("/model.gguf", { body, ranges: false }), { sha256 });
    expect(readFileSync(path).equals(body)).toBe(true);
    expectFolder("model.gguf");
  });

  test("two at the same time fetch it once", async () => {
    const url = server.serve("/model.gguf", { body });
    await Promise.all([download(url), download(url)]);
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(bodyRequests().length).toBe(Math.ceil(body.length / 16_384));
    expectFolder("model.gguf");
  });

  test("the lock of a dead process does not block", async () => {
    const { hostname } = await import("node:os");
    // Ids end far below the first number; the second is a dead process that had the id of this one.
    for (const id of [999_999_999, process.pid]) {
      writeFileSync(`${path}.lock`, `${hostname()} ${id}`);
      await download(server.serve("/model.gguf", { body }));
      expectFolder("model.gguf");
    }
  });
});

describe("faults of the line and the server", () => {
  test("busy answers are retried, broken bodies go on where they stopped", async () => {
    const breaks = { times: 3, afterBytes: 5000 };
    const url = server.serve("/model.gguf", { body, failures: [503, 500, 429], breaks });
    await download(url, { sha256, parallel: 1 });
    expect(readFileSync(path).equals(body)).toBe(true);
    const starts = bodyRequests().map((range) => Number(/=(\d+)-/.exec(range)?.[1]));
    expect(starts.filter((start) => start % 16_384 !== 0).length).toBe(3);
  });

  test("a broken body without ranges begins anew", async () => {
    const url = server.serve("/model.gguf", { body, ranges: false, breaks: { times: 2, afterBytes: 1000 } });
    await download(url, { sha256 });
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  test.each([
    [404, "model-not-found"],
    [403, "download-failed"],
    [416, "download-failed"],
  ])("status %i is not retried", async (status, code) => {
    const url = server.serve("/model.gguf", { body, failures: [status] });
    await expect(download(`${url}?signature=secret`)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`/model\\.gguf answered with status ${status}(?!.*secret)`)),
    });
    expect(server.requests.length).toBe(1);
    expectFolder();
  });

  test("a server that stays broken fails after some attempts", async () => {
    const url = server.serve("/model.gguf", { body, failures: Array(20).fill(500) });
    await expect(download(url)).rejects.toMatchObject({ code: "download-failed" });
    expect(server.requests.length).toBe(5);
  });

  test("nobody listens", async () => {
    const other = await FileServer.start();
    const url = `${other.origin}/model.gguf`;
    await other.stop();
    await expect(download(url)).rejects.toMatchObject({
      code: "download-failed",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a silent server can be left by the signal", async () => {
    const url = server.serve("/silent.gguf", { body, silent: true });
    const stop = new AbortController();
    const pending = download(url, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(pending).rejects.toThrow("enough");
    expectFolder();
  });
});

describe("content", () => {
  test("a wrong checksum leaves nothing behind", async () => {
    const url = server.serve("/model.gguf", { body });
    const wrong = "0".repeat(64);
    await expect(download(url, { sha256: wrong })).rejects.toMatchObject({ code: "checksum-mismatch" });
    expectFolder();
  });

  test("the checksum on a hub's redirect is used", async () => {
    const target = server.serve("/storage", { body });
    const link = { redirect: target, headers: { "x-linked-etag": `"${"0".repeat(64)}"` }, body };
    await expect(download(server.serve("/model.gguf", link))).rejects.toMatchObject({
      code: "checksum-mismatch",
    });
    server.serve("/model.gguf", { ...link, headers: { "x-linked-etag": `"${sha256}"` } });
    await download(`${server.origin}/model.gguf`);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  test("a page instead of a model is refused", async () => {
    const url = server.serve("/model.gguf", { body: Buffer.from("<html>please sign in</html>") });
    await expect(download(url)).rejects.toMatchObject({ code: "model-file-invalid" });
    expectFolder();
  });

  test("an unexpected size is refused before anything is fetched", async () => {
    const url = server.serve("/model.gguf", { body });
    await expect(download(url, { sizeBytes: 5 })).rejects.toMatchObject({ code: "checksum-mismatch" });
    expect(bodyRequests()).toEqual([]);
  });
});

describe("redirects", () => {
  test("the token and extra headers stay with the first host", async () => {
    const storage = await FileServer.start();
    try {
      const target = storage.serve("/blob", { body });
      const url = server.serve("/model.gguf", { body, token: "hunter2", redirect: target });
      await download(url, { token: "hunter2", headers: { "x-key": "k" } });
      expect(readFileSync(path).equals(body)).toBe(true);
      expect(server.requests[0]).toMatchObject({ authorization: "Bearer hunter2" });
      expect(server.requests[0]!.headers["x-key"]).toBe("k");
      expect(storage.requests.length).toBeGreaterThan(1);
      for (const { authorization, headers } of storage.requests) {
        expect(authorization).toBeUndefined();
        expect(headers["x-key"]).toBeUndefined();
      }
    } finally {
      await storage.stop();
    }
  });

  test("circles end", async () => {
    const url = server.serve("/model.gguf", { body, redirect: `${server.origin}/model.gguf` });
    await expect(download(url)).rejects.toMatchObject({
      message: expect.stringContaining("redirects without end"),
    });
  });
});

describe("interruption", () => {
  /** Stops the download after some bytes, as a kill would: nothing is cleaned up. */
  async function interrupted(url: string, options: Partial<DownloadFileOptions> = {}): Promise<void> {
    const stop = new AbortController();
    const onBytes = (bytes: number) => bytes > 100_000 && stop.abort(new Error("stopped"));
    await expect(download(url, { parallel: 1, onBytes, signal: stop.signal, ...options })).rejects.toThrow(
      "stopped",
    );
    server.requests.length = 0;
  }

  test("an interrupted download is continued", async () => {
    const url = server.serve("/model.gguf", { body });
    await interrupted(url);
    expectFolder("model.gguf.part", "model.gguf.part.json");
    const seen: number[] = [];
    await download(url, { sha256, onBytes: (bytes) => seen.push(bytes) });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(seen[0]).toBe(6 * 16_384);
    expect(bodyRequests().length).toBe(Math.ceil(body.length / 16_384) - 6);
    expectFolder("model.gguf");
  });

  test("unless the remote file has changed", async () => {
    const url = server.serve("/model.gguf", { body });
    await interrupted(url);
    const other = Buffer.from(body);
    other[150_000]! ^= 1;
    server.serve("/model.gguf", { body: other });
    await download(url);
    expect(readFileSync(path).equals(other)).toBe(true);
  });

  test("a damaged journal means beginning anew", async () => {
    const url = server.serve("/model.gguf", { body });
    await interrupted(url);
    writeFileSync(`${path}.part.json`, '{"version":1,"done":[0,1,');
    await download(url, { sha256 });
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  test("an abort may clean up", async () => {
    const url = server.serve("/model.gguf", { body });
    await interrupted(url, { deleteTempFileOnCancel: true });
    expectFolder();
  });

  test("a file that changes in the middle is not mixed", async () => {
    const url = server.serve("/model.gguf", { body });
    const other = Buffer.from(body).fill(7, 4);
    const onBytes = (bytes: number) => {
      if (bytes > 50_000) server.serve("/model.gguf", { body: other });
    };
    await expect(download(url, { parallel: 1, onBytes })).rejects.toMatchObject({
      message: expect.stringContaining("changed while it was being downloaded"),
    });
    await download(url);
    expect(readFileSync(path).equals(other)).toBe(true);
  });
});
