import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the code of the package, without its types; returns the program's path. */
export function buildProgram(): string {
  const bundler = join(root, "node_modules", "rolldown", "bin", "cli.mjs");
  execFileSync(process.execPath, [bundler, "-c", "--logLevel", "silent"], { cwd: root, stdio: "pipe" });
  return join(root, "dist", "cli", "main.js");
}
