import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { NoBinaryFoundError } from "../base/errors.ts";

/** The compute device that a build of llama.cpp is for; `false` is the CPU alone. */
export type LlamaGpuType = "metal" | "cuda" | "vulkan" | false;

/** The release of the platform packages that colloquy is written against. */
export const platformPackageVersion = "3.22.1";

/** A platform package: the npm package that carries llama.cpp's shared libraries for one platform and device. */
export interface PlatformPackage {
  /** Its name and the name of its folder of libraries. */
  readonly name: string;
  readonly gpu: LlamaGpuType;
}

const packagesOfPlatform: Readonly<Record<string, readonly PlatformPackage[]>> = {
  "linux-x64": [
    { name: "linux-x64-cuda", gpu: "cuda" },
    { name: "linux-x64-vulkan", gpu: "vulkan" },
    { name: "linux-x64", gpu: false },
  ],
  "linux-arm64": [{ name: "linux-arm64", gpu: false }],
  "darwin-arm64": [{ name: "mac-arm64-metal", gpu: "metal" }],
  "darwin-x64": [{ name: "mac-x64", gpu: false }],
  "win32-x64": [
    { name: "win-x64-cuda", gpu: "cuda" },
    { name: "win-x64-vulkan", gpu: "vulkan" },
    { name: "win-x64", gpu: false },
  ],
  "win32-arm64": [{ name: "win-arm64", gpu: false }],
};

/** The platform packages that exist for a platform, best device first; empty where llama.cpp has no build. */
export function platformPackages(
  platform: string = process.platform,
  arch: string = process.arch,
): readonly PlatformPackage[] {
  return packagesOfPlatform[`${platform}-${arch}`] ?? [];
}

/** Where `colloquy gpu add` puts platform packages: `~/.cache/colloquy/native`, or under XDG_CACHE_HOME. */
export function addedPackagesDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "colloquy", "native");
}

const require = createRequire(import.meta.url);

/** The folder of shared libraries of an installed platform package, or `undefined` when it is not installed. */
export function librariesOfPackage(
  name: string,
  added: string = addedPackagesDirectory(),
): string | undefined {
  const candidates = [path.join(added, "node_modules", "@node-llama-cpp", name)];
  try {
    candidates.unshift(path.dirname(path.dirname(require.resolve(`@node-llama-cpp/${name}`))));
  } catch {
    // Not among the program's dependencies: the added packages are left.
  }
  return candidates.map((folder) => path.join(folder, "bins", name)).find((folder) => existsSync(folder));
}

export interface ResolvedLibraries {
  readonly gpu: LlamaGpuType;
  readonly packageName: string;
  /** Files in the order in which they must be loaded. */
  readonly files: { readonly base: string; readonly ggml: string; readonly llama: string };
  /** The folder from which ggml loads its backends. */
  readonly directory: string;
  /** A further folder of backends: the CPU's, when a device package does not bring them. */
  readonly extraDirectory: string | undefined;
}

function findLibrary(directory: string, name: string): string | undefined {
  const pattern = new RegExp(`^(lib)?${name}(\\.v?[0-9.]+)?\\.(so|dylib|dll)$`);
  const file = readdirSync(directory).find((entry) => pattern.test(entry));
  return file === undefined ? undefined : path.join(directory, file);
}

function librariesIn(directory: string): ResolvedLibraries["files"] | undefined {
  const [base, ggml, llama] = ["ggml-base", "ggml", "llama"].map((name) => findLibrary(directory, name));
  return base && ggml && llama ? { base, ggml, llama } : undefined;
}

/** `"auto"`, one device, or `"auto"` without some. */
export type GpuRequest = "auto" | LlamaGpuType | { type: "auto"; exclude?: readonly LlamaGpuType[] };

/** The installed packages that satisfy a request, best first. */
export function resolveLibraries(request: GpuRequest, added?: string): ResolvedLibraries[] {
  const all = platformPackages();
  const excluded = typeof request === "object" ? (request.exclude ?? []) : [];
  const wanted = all.filter(({ gpu }) =>
    request === "auto" || typeof request === "object" ? !excluded.includes(gpu) : gpu === request,
  );
  const cpuPackage = all.find(({ gpu }) => gpu === false);
  const cpu = cpuPackage && librariesOfPackage(cpuPackage.name, added);
  const found: ResolvedLibraries[] = [];
  for (const { name, gpu } of wanted) {
    const directory = librariesOfPackage(name, added);
    if (directory === undefined) continue;
    const own = librariesIn(directory);
    const files = own ?? (cpu === undefined ? undefined : librariesIn(cpu));
    if (files === undefined) continue;
    found.push({
      gpu,
      packageName: name,
      files,
      directory,
      extraDirectory: own || gpu === false ? undefined : cpu,
    });
  }
  if (found.length === 0) throw noBinary(request, wanted);
  return found;
}

function noBinary(request: GpuRequest, wanted: readonly PlatformPackage[]): NoBinaryFoundError {
  const here = `${process.platform}-${process.arch}`;
  if (wanted.length === 0)
    return new NoBinaryFoundError(
      `There is no build of llama.cpp for ${here} with gpu ${JSON.stringify(request)}`,
      {
        hint: `available here: ${
          platformPackages()
            .map(({ name }) => name)
            .join(", ") || "none"
        }`,
      },
    );
  const name = wanted.at(-1)!.name;
  return new NoBinaryFoundError(`The platform package @node-llama-cpp/${name} is not installed`, {
    hint: `run "npm install @node-llama-cpp/${name}@${platformPackageVersion}" or "npx colloquy gpu add ${name}"`,
  });
}

/** A device that this machine has but for which no package is installed, e.g. to print a hint; looks at files only. */
export function idleGpu(added?: string): PlatformPackage | undefined {
  if (process.platform !== "linux") return undefined;
  const present = (gpu: LlamaGpuType) =>
    (gpu === "cuda" && existsSync("/proc/driver/nvidia/version")) ||
    (gpu === "vulkan" && existsSync("/dev/dri/renderD128"));
  return platformPackages().find(
    ({ name, gpu }) => present(gpu) && librariesOfPackage(name, added) === undefined,
  );
}
