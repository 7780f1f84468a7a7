import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ColloquyError } from "./errors.ts";

/** The version of this package, as in its `package.json`. */
export async function getModuleVersion(): Promise<string> {
  // Bundling moves this file, so the package is looked for upwards.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (folder !== dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
    const { name, version } = JSON.parse(text) as { name?: string; version?: string };
    if (name === "colloquy" && version !== undefined) return version;
    folder = dirname(folder);
  }
  throw new ColloquyError("internal", "The package.json of colloquy is not where it was installed");
}
