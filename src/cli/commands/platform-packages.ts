import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import {
  addedPackagesDirectory,
  idleGpu,
  librariesOfPackage,
  type PlatformPackage,
  platformPackages,
  platformPackageVersion,
} from "../../native/platform.ts";
import type { CliIo } from "../cli-io.ts";
import { UsageError } from "../usage-error.ts";

/** The builds for this platform, a line each: name, device, and where it is installed. */
export function listPackages(packages: readonly PlatformPackage[] = platformPackages()): string[] {
  const width = Math.max(0, ...packages.map(({ name }) => name.length));
  return packages.map(({ name, gpu }) => {
    const folder = librariesOfPackage(name) ?? "not installed";
    return `${name.padEnd(width)}  ${(gpu || "cpu").padEnd(6)}  ${folder}`;
  });
}

/** Runs a program with its output on ours; resolves to its exit code. */
export type RunProgram = (command: string, args: readonly string[], signal: AbortSignal) => Promise<number>;

/**
 * Installs a platform package with npm into the folder of added packages.
 * @throws UsageError for an unknown name; ColloquyError `download-failed` when npm fails
 */
export async function addPackage(
  name: string | undefined,
  { output, errors, environment, interrupt }: Pick<CliIo, "output" | "errors" | "environment" | "interrupt">,
  run: RunProgram = runProgram,
): Promise<void> {
  const chosen = choosePackage(name);
  const present = librariesOfPackage(chosen.name, addedPackagesDirectory(environment));
  if (present !== undefined) {
    output.write(`${chosen.name} is installed: ${present}\n`);
    return;
  }
  const folder = addedPackagesDirectory(environment);
  await mkdir(folder, { recursive: true });
  // A folder without this file would make npm look for a project above it.
  await writeFile(join(folder, "package.json"), '{ "private": true }\n', { flag: "wx" }).catch(() => {});
  const wanted = `@node-llama-cpp/${chosen.name}@${platformPackageVersion}`;
  errors.write(`Installing ${wanted} into ${folder}\n`);
  const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", wanted];
  const code = await run("npm", args, interrupt);
  const added = librariesOfPackage(chosen.name, folder);
  if (code !== 0 || added === undefined) {
    throw new ColloquyError("download-failed", `npm could not install ${wanted} (exit code ${code})`, {
      hint: "what npm printed above says why",
    });
  }
  output.write(`${chosen.name} is installed: ${added}\n`);
}

function choosePackage(name: string | undefined): PlatformPackage {
  const packages = platformPackages();
  const known = packages.map((one) => one.name).join(", ") || "none";
  if (name === undefined) {
    const idle = idleGpu();
    if (idle !== undefined) return idle;
    throw new UsageError("No graphics card was found that a build is missing for", {
      hint: `name one of ${known}`,
    });
  }
  const found = packages.find(
    (one) => one.name === name || one.gpu === name || one.name === `@node-llama-cpp/${name}`,
  );
  if (found !== undefined) return found;
  throw new UsageError(`There is no build "${name}" for this platform`, { hint: `there are: ${known}` });
}

function runProgram(command: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    // Standard output is for the program's own answer.
    const child = spawn(command, args, {
      stdio: ["ignore", 2, 2],
      signal,
      shell: process.platform === "win32",
    });
    child.on("error", (cause) =>
      reject(new ColloquyError("download-failed", `${command} cannot be run: ${cause.message}`, { cause })),
    );
    child.on("close", (code) => resolve(code ?? 1));
  });
}
