import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the code of the package, without its types; returns the program's path. */
export function buildProgram(): string {
  execFileSync(process.execPath, [join(root, "build.js")], { cwd: root, stdio: "pipe" });
  return join(root, "dist", "cli", "main.js");
}
