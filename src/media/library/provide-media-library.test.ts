import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { MediaBuildProgress, MediaBuildRequest } from "../../engine/model/model-options.ts";
import { resolveLibraries } from "../../native/platform.ts";
import { buildMediaLibrary } from "./build-media-library.ts";
import { findMediaLibrary } from "./media-library.ts";
import { provideMediaLibrary } from "./provide-media-library.ts";

// A build starts some twenty programs.
vi.setConfig({ testTimeout: 60_000 });

const libraries = resolveLibraries(false)[0]!;
let folder: string;
let tools: string;
let environment: NodeJS.ProcessEnv;

/** A program that the build finds in place of the real one. */
function tool(name: string, script: string): void {
  const file = path.join(tools, name);
  writeFileSync(file, `#!/bin/sh\nPATH=/bin:/usr/bin\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Sources of two files, as the real package's bundle has many. */
function installTools(): void {
  tool("npm", "echo archive > node-llama-cpp-3.22.1.tgz");
  tool("tar", "mkdir -p package/llama && echo bundle > package/llama/gitRelease.bundle");
  tool(
    "git",
    `if [ "$1" = clone ]; then mkdir -p llama.cpp; exit 0; fi
for f in tools/mtmd/mtmd.cpp tools/mtmd/models/llava.cpp vendor/hash/hash.cpp vendor/hash/xxhash/xxhash.c vendor/hash/sha1/sha1.c vendor/hash/sha256/sha256.c; do
  mkdir -p "$(dirname "$f")"; echo "// $f" > "$f"; done`,
  );
  tool(
    "g++",
    `if [ "$1" = --version ]; then echo "g++ (fake) 12"; exit 0; fi
echo "$@" >> ${folder}/compiled
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo compiled > "$2"; fi; shift; done`,
  );
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  tools = path.join(folder, "tools");
  mkdirSync(tools);
  environment = { PATH: tools, XDG_CACHE_HOME: path.join(folder, "cache") };
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the library of images", () => {
  test("is never built unasked", async () => {
    installTools();
    for (const build of [undefined, "never"] as const)
      await expect(provideMediaLibrary({ libraries, environment, build })).rejects.toMatchObject({
        code: "media-unsupported",
        hint: expect.stringContaining("colloquy media build"),
      });
    expect(existsSync(environment.XDG_CACHE_HOME!)).toBe(false);
  });

  test("is built when the answer is yes, with progress, and then found without asking", async () => {
    installTools();
    const requests: MediaBuildRequest[] = [];
    const progress: MediaBuildProgress[] = [];
    const build = (request: MediaBuildRequest) => {
      requests.push(request);
      return requests.length > 1;
    };
    const options = {
      libraries,
      environment,
      build,
      onProgress: (one: MediaBuildProgress) => progress.push(one),
    };
    await expect(provideMediaLibrary(options)).rejects.toMatchObject({ code: "media-unsupported" });
    expect(progress).toEqual([]);
    const file = await provideMediaLibrary(options);
    expect(requests).toEqual(Array(2).fill({ compiler: "g++ (fake) 12", downloadBytes: 40e6 }));
    expect(progress.map(({ stage }) => stage)).toEqual([
      "fetching",
      "fetching",
      ...Array(8).fill("compiling"),
    ]);
    expect(progress.at(-1)!.progress).toBe(1);
    if (process.platform === "linux")
      expect(readFileSync(path.join(folder, "compiled"), "utf8").trim().split("\n").at(-1)).toContain(
        "nodelete",
      );
    expect(findMediaLibrary(libraries, environment)).toBe(file);
    expect(await provideMediaLibrary({ libraries, environment })).toBe(file);
    expect(requests).toHaveLength(2);
  });

  test("is built again when it is damaged", async () => {
    installTools();
    const file = await provideMediaLibrary({ libraries, environment, build: "auto" });
    writeFileSync(file, "cut");
    expect(findMediaLibrary(libraries, environment)).toBeUndefined();
    expect(await provideMediaLibrary({ libraries, environment, build: "auto" })).toBe(file);
    expect(findMediaLibrary(libraries, environment)).toBe(file);
  });

  test("without a compiler, nobody is asked", async () => {
    const build = () => {
      throw new Error("asked");
    };
    await expect(provideMediaLibrary({ libraries, environment, build })).rejects.toMatchObject({
      code: "unsupported",
      hint: expect.stringContaining("pip install ziglang"),
    });
  });

  test.each([
    ["npm", "download-failed", "npm"],
    ["tar", "unsupported", "tar"],
    ["git", "unsupported", "git"],
  ])("without %s, says so", async (missing, code, name) => {
    installTools();
    rmSync(path.join(tools, missing));
    const error = await buildMediaLibrary({ libraries, environment }).catch((failure) => failure);
    expect(error).toMatchObject({ code, message: expect.stringContaining(name) });
    expect(error.hint).toContain(`install ${name}`);
  });

  test("a compiler that fails is quoted, and nothing is left behind", async () => {
    installTools();
    tool("g++", `if [ "$1" = --version ]; then echo 12; else echo "no space left" >&2; exit 1; fi`);
    await expect(buildMediaLibrary({ libraries, environment, jobs: 1 })).rejects.toMatchObject({
      code: "native-failure",
      cause: "no space left",
    });
    expect(findMediaLibrary(libraries, environment)).toBeUndefined();
  });
});
