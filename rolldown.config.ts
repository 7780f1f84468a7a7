import { defineConfig } from "rolldown";

// One file per entry and shared chunks instead of hundreds of modules: importing the library reads few files.
// The packages stay packages. Types come from tsc.
export default defineConfig({
  input: {
    index: "src/index.ts",
    "grammar/index": "src/grammar/index.ts",
    "server/index": "src/server/index.ts",
    "cli/main": "src/cli/main.ts",
    "models/default/default-model": "src/models/default/default-model.ts",
  },
  platform: "node",
  external: /^(?!\.{0,2}\/|src\/)/,
  output: {
    dir: "dist",
    format: "esm",
    sourcemap: true,
    chunkFileNames: "chunks/[name].js",
    cleanDir: false,
  },
});
