import { fileURLToPath } from "node:url";

/** `bench/`, seen from `bench/dist/runner/`, where this file runs. */
export const benchFolder = new URL("../../", import.meta.url);
/** The package's own folder. */
export const rootFolder = new URL("../", benchFolder);
export const resultsFolder = fileURLToPath(new URL("results/", benchFolder));

/** Where llama.cpp's shared libraries lie; both libraries of the comparison load these very files. */
export function nativeFolder(): string {
  const platform = `${process.platform === "darwin" ? "mac" : process.platform}-${process.arch}`;
  return fileURLToPath(new URL(`node_modules/@node-llama-cpp/${platform}/bins/${platform}/`, rootFolder));
}
