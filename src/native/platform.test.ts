import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  addedPackagesDirectory,
  librariesOfPackage,
  platformPackages,
  resolveLibraries,
} from "./platform.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["linux", "x64", ["linux-x64-cuda", "linux-x64-vulkan", "linux-x64"]],
  ["linux", "arm64", ["linux-arm64"]],
  ["darwin", "arm64", ["mac-arm64-metal"]],
  ["darwin", "x64", ["mac-x64"]],
  ["win32", "x64", ["win-x64-cuda", "win-x64-vulkan", "win-x64"]],
  ["win32", "arm64", ["win-arm64"]],
  ["freebsd", "x64", []],
  ["linux", "riscv64", []],
])("packages for %s %s, best device first", (platform, arch, names) => {
  expect(platformPackages(platform, arch).map(({ name }) => name)).toEqual(names);
});

test("added packages lie in the user's cache", () => {
  expect(addedPackagesDirectory({ XDG_CACHE_HOME: "/caches" })).toBe(
    path.join("/caches", "colloquy", "native"),
  );
  expect(addedPackagesDirectory({})).toMatch(/\.cache.colloquy.native$/);
});

test("an added package is found; a folder without libraries is none", () => {
  expect(librariesOfPackage("linux-x64-none", folder)).toBeUndefined();
  const libraries = path.join(
    folder,
    "node_modules",
    "@node-llama-cpp",
    "linux-x64-none",
    "bins",
    "linux-x64-none",
  );
  mkdirSync(libraries, { recursive: true });
  expect(librariesOfPackage("linux-x64-none", folder)).toBe(libraries);
});

test("a device that has no build here is refused by name, with what there is", () => {
  const absent = process.platform === "darwin" ? "cuda" : "metal";
  expect(() => resolveLibraries(absent, folder)).toThrow(
    expect.objectContaining({ code: "no-binary", message: expect.stringContaining(`"${absent}"`) }),
  );
  expect(() => resolveLibraries(absent, folder)).toThrow(platformPackages().at(-1)!.name);
  expect(() =>
    resolveLibraries({ type: "auto", exclude: ["cuda", "vulkan", "metal", false] }, folder),
  ).toThrow(expect.objectContaining({ code: "no-binary" }));
});

test("the processor's package is the last resort of every automatic choice", () => {
  const found = resolveLibraries("auto", folder);
  expect(found.at(-1)).toMatchObject({
    packageName: platformPackages().at(-1)!.name,
    extraDirectory: undefined,
  });
  const files = Object.values(found.at(-1)!.files);
  expect(files.every((file) => path.dirname(file) === found.at(-1)!.directory)).toBe(true);
});
