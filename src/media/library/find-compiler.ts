import { runProgram } from "./run-program.ts";

/** A C++ compiler: the program and the arguments that come before all others. */
export interface Compiler {
  readonly command: string;
  readonly args: readonly string[];
  /** The first line of what it says about itself. */
  readonly version: string;
}

/** glibc of Debian 12: what zig links against where it would choose an older one than the platform packages need. */
const zigTargets: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-linux-gnu.2.34",
  "linux-arm64": "aarch64-linux-gnu.2.34",
};

/** What is tried, in order. `CXX` is what the user chose for every build. */
export function compilerCandidates(
  environment: NodeJS.ProcessEnv,
  platform: string,
): { command: string; args: string[] }[] {
  const zig = zigTargets[platform];
  const target = zig === undefined ? [] : ["-target", zig];
  return [
    ...(environment.CXX ? [{ command: environment.CXX, args: [] }] : []),
    ...["g++", "clang++", "c++"].map((command) => ({ command, args: [] })),
    { command: "zig", args: ["c++", ...target] },
    ...["python3", "python"].map((command) => ({ command, args: ["-m", "ziglang", "c++", ...target] })),
  ];
}

/** The first C++ compiler that answers, or `undefined`. */
export async function findCompiler(
  environment: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
  platform = `${process.platform}-${process.arch}`,
): Promise<Compiler | undefined> {
  for (const { command, args } of compilerCandidates(environment, platform)) {
    const { code, tail } = await runProgram(command, [...args, "--version"], {
      signal,
      environment,
      timeoutMs: 60_000,
    });
    if (code === 0) return { command, args, version: tail.split("\n")[0] ?? command };
  }
  return undefined;
}
