import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quartersPng } from "../../test/media/colours.ts";
import { type MediaLimits, resolveMediaLimits } from "./media-source.ts";
import { isPrivateAddress } from "./private-address.ts";
import { readMedia } from "./read-media.ts";

let folder: string;
let file: string;
let png: Buffer;
let server: http.Server;
let origin: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  file = path.join(folder, "image.png");
  png = await quartersPng(["red", "green", "blue", "yellow"]);
  writeFileSync(file, png);
  server = http.createServer((request, response) => {
    if (request.url === "/image.png") response.end(png);
    else if (request.url === "/moved") response.writeHead(302, { location: "/image.png" }).end();
    else if (request.url === "/around") response.writeHead(302, { location: "/around" }).end();
    else if (request.url === "/never") response.write("x");
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const read = (source: Parameters<typeof readMedia>[0], limits?: MediaLimits) =>
  readMedia(source, resolveMediaLimits(limits));

test("reads the same bytes from every kind of source", async () => {
  const sources = [
    file,
    pathToFileURL(file),
    png,
    png.buffer.slice(png.byteOffset, png.byteOffset + png.length) as ArrayBuffer,
    `data:image/png;base64,${png.toString("base64")}`,
    `${origin}/image.png`,
    new URL(`${origin}/moved`),
  ];
  for (const source of sources) expect((await read(source)).equals(png)).toBe(true);
});

test("refuses by name what cannot be read", async () => {
  const cases: [Parameters<typeof readMedia>[0], MediaLimits, string][] = [
    [path.join(folder, "missing.png"), {}, "media-invalid"],
    [folder, {}, "media-invalid"],
    ["data:image/png;base64", {}, "media-invalid"],
    ["data:,%", {}, "media-invalid"],
    [file, { bytesMax: 10 }, "media-invalid"],
    [png, { bytesMax: 10 }, "media-invalid"],
    [`data:image/png;base64,${"A".repeat(100)}`, { bytesMax: 10 }, "media-invalid"],
    [`${origin}/image.png`, { bytesMax: 10 }, "media-invalid"],
    [`${origin}/absent`, {}, "download-failed"],
    [`${origin}/around`, {}, "download-failed"],
    [`${origin}/never`, { timeoutMs: 50 }, "download-failed"],
    ["http://", {}, "invalid-argument"],
    ["", {}, "invalid-argument"],
    [file, { allowFiles: false }, "media-unsupported"],
    [pathToFileURL(file), { allowFiles: false }, "media-unsupported"],
  ];
  for (const [source, limits, code] of cases)
    await expect(read(source, limits), `${String(source).slice(0, 60)}`).rejects.toMatchObject({ code });
});

test("bounds are checked", () => {
  for (const bytesMax of [0, -1, 1.5, Number.NaN])
    expect(() => resolveMediaLimits({ bytesMax })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
});

test("ends with the caller's reason when aborted", async () => {
  const stop = new AbortController();
  const reading = readMedia(`${origin}/never`, resolveMediaLimits(), stop.signal);
  stop.abort(new Error("enough"));
  await expect(reading).rejects.toThrow("enough");
});

describe("private networks", () => {
  test("are told by their addresses", () => {
    const inside = [
      "127.0.0.1",
      "10.1.2.3",
      "192.168.0.1",
      "172.31.0.1",
      "169.254.169.254",
      "0.0.0.0",
      "100.64.0.1",
    ];
    const inside6 = [
      "::1",
      "::",
      "fe80::1",
      "fd00::1",
      "::ffff:127.0.0.1",
      "::ffff:a00:1",
      "64:ff9b::10.0.0.1",
    ];
    for (const address of [...inside, ...inside6]) expect(isPrivateAddress(address), address).toBe(true);
    const outside = ["1.1.1.1", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "::ffff:8.8.8.8"];
    for (const address of outside) expect(isPrivateAddress(address), address).toBe(false);
  });

  test("are refused when they are, also by name", async () => {
    const port = new URL(origin).port;
    const hosts = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"];
    for (const host of hosts)
      await expect(
        read(`http://${host}:${port}/image.png`, { allowPrivateNetwork: false }),
        host,
      ).rejects.toMatchObject({ code: "media-unsupported" });
  });
});
