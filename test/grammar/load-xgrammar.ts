import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { compileFunction, constants } from "node:vm";

/** XGrammar, the grammar engine of vLLM. The package is CommonJS that its package.json calls an ES module: it must be run by hand. */
export function loadXgrammar(): typeof import("@mlc-ai/web-xgrammar") {
  const require = createRequire(import.meta.url);
  const path = require.resolve("@mlc-ai/web-xgrammar");
  const loaded = { exports: {} };
  const run = compileFunction(
    readFileSync(path, "utf8"),
    ["module", "exports", "require", "__dirname", "__filename"],
    {
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    },
  );
  run(loaded, loaded.exports, require, dirname(path), path);
  return loaded.exports as typeof import("@mlc-ai/web-xgrammar");
}
