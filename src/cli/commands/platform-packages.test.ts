import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CapturedOutput } from "../../../test/cli/fake-chat.ts";
import { addedPackagesDirectory, platformPackages, platformPackageVersion } from "../../native/platform.ts";
import { addPackage, listPackages, type RunProgram } from "./platform-packages.ts";

const [best] = platformPackages();

async function createIo() {
  const [output, errors] = [new CapturedOutput(), new CapturedOutput()];
  const environment = { XDG_CACHE_HOME: await mkdtemp(join(tmpdir(), "colloquy-cli-")) };
  return { output, errors, environment, interrupt: new AbortController().signal };
}

test("a build is installed by npm, of exactly our release, into the folder of added packages", async () => {
  const io = await createIo();
  const folder = addedPackagesDirectory(io.environment);
  const calls: (readonly string[])[] = [];
  const npm: RunProgram = async (command, args) => {
    calls.push([command, ...args]);
    await mkdir(join(folder, "node_modules", "@node-llama-cpp", best!.name, "bins", best!.name), {
      recursive: true,
    });
    return 0;
  };
  await addPackage(best!.name, io, npm);
  await addPackage(best!.name, io, npm);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toEqual(
    expect.arrayContaining([
      "npm",
      "install",
      "--prefix",
      folder,
      `@node-llama-cpp/${best!.name}@${platformPackageVersion}`,
    ]),
  );
  expect(io.output.text).toMatch(/is installed: .*\n.*is installed: /);
});

test("a failure of npm is an error, as is an install without libraries", async () => {
  for (const code of [0, 1])
    await expect(addPackage(best!.name, await createIo(), async () => code)).rejects.toMatchObject({
      code: "download-failed",
    });
});

test("an unknown build is refused with those that there are", async () => {
  await expect(addPackage("abacus", await createIo(), async () => 0)).rejects.toThrow(
    new RegExp(`no build "abacus".*${best!.name}`),
  );
});

test("every build is listed with its device", () => {
  const lines = listPackages([
    { name: "none-cuda", gpu: "cuda" },
    { name: "none", gpu: false },
  ]);
  expect(lines).toEqual(["none-cuda  cuda    not installed", "none       cpu     not installed"]);
});
