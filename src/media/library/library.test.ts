import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadMtmd } from "../../native/mtmd.ts";
import { loadNative } from "../../native/native.ts";
import { resolveLibraries } from "../../native/platform.ts";
import { buildMediaLibrary } from "./build-media-library.ts";
import { compilerCandidates, findCompiler } from "./find-compiler.ts";
import {
  checksumFile,
  fileChecksum,
  findMediaLibrary,
  mediaBuildDirectory,
  mediaBuildName,
  mediaLibraryName,
} from "./media-library.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const libraries = resolveLibraries(false)[0]!;

test("without a compiler, says what to do", async () => {
  const environment = { PATH: folder, XDG_CACHE_HOME: folder };
  expect(await findCompiler(environment)).toBeUndefined();
  await expect(buildMediaLibrary({ libraries, environment })).rejects.toMatchObject({
    code: "unsupported",
    hint: expect.stringContaining("colloquy media build"),
  });
});

test("takes the compiler that the user names first", async () => {
  const compiler = path.join(folder, "my-compiler");
  writeFileSync(compiler, "#!/bin/sh\necho my compiler 1.0\n", { mode: 0o755 });
  expect(await findCompiler({ PATH: "/bin", CXX: compiler })).toMatchObject({
    command: compiler,
    version: "my compiler 1.0",
  });
  const zig = compilerCandidates({}, "linux-x64").find(({ command }) => command === "zig");
  expect(zig?.args).toEqual(["c++", "-target", "x86_64-linux-gnu.2.34"]);
});

test("finds what was built, unless it is damaged, and refuses what is no such library", async () => {
  const environment = { XDG_CACHE_HOME: folder };
  expect(findMediaLibrary(libraries, environment)).toBeUndefined();
  const directory = mediaBuildDirectory(libraries.packageName, environment);
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, mediaLibraryName());
  writeFileSync(file, "no library");
  expect(findMediaLibrary(libraries, environment)).toBeUndefined();
  writeFileSync(checksumFile(file), `${fileChecksum(file)}\n`);
  expect(findMediaLibrary(libraries, environment)).toBe(file);
  expect(await buildMediaLibrary({ libraries, environment })).toBe(file);
  const native = loadNative(libraries);
  expect(() => loadMtmd(native, file, mediaBuildName(libraries.packageName))).toThrow(
    expect.objectContaining({ code: "no-binary" }),
  );
  truncateSync(file, 5);
  expect(findMediaLibrary(libraries, environment)).toBeUndefined();
});

test("takes what a release ships before what was built here", () => {
  const name = libraries.packageName;
  const environment = { XDG_CACHE_HOME: path.join(folder, "shipped-cache") };
  const built = path.join(mediaBuildDirectory(name, environment), mediaLibraryName());
  mkdirSync(path.dirname(built), { recursive: true });
  writeFileSync(built, "built");
  writeFileSync(checksumFile(built), fileChecksum(built));
  const shipped = path.join(folder, "shipped");
  const resolve = (module: string) => {
    expect(module).toBe(`@colloquy/media-${name}/package.json`);
    return path.join(shipped, "package.json");
  };
  // A package without the file for this platform is passed over.
  expect(findMediaLibrary(libraries, environment, resolve)).toBe(built);
  const file = path.join(shipped, "bins", name, mediaLibraryName());
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "shipped");
  expect(findMediaLibrary(libraries, environment, resolve)).toBe(file);
});

test("an aborted build ends with the reason", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(
    buildMediaLibrary({ libraries, environment: { XDG_CACHE_HOME: path.join(folder, "empty") }, signal }),
  ).rejects.toThrow("enough");
});
