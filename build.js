// Bundles src into dist: one file per entry and shared chunks instead of hundreds of modules, so that importing the
// library reads few files. The packages stay packages. Types come from tsc.
import { build } from "rolldown";

await build({
  input: {
    index: "src/index.ts",
    "grammar/index": "src/grammar/index.ts",
    "server/index": "src/server/index.ts",
    "cli/main": "src/cli/main.ts",
    "models/default/default-model": "src/models/default/default-model.ts",
  },
  platform: "node",
  external: /^(?!\.{0,2}\/|src\/)/,
  logLevel: "warn",
  output: {
    dir: "dist",
    format: "esm",
    sourcemap: true,
    chunkFileNames: "chunks/[name].js",
    cleanDir: false,
  },
});
