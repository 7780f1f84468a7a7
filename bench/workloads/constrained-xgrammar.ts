import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { compileFunction, constants } from "node:vm";
import type { MaskEngine, VocabularyModel } from "./constrained-engines.ts";

/** The package is CommonJS that its package.json calls an ES module: it must be run by hand. */
function load(): typeof import("@mlc-ai/web-xgrammar") {
  const require = createRequire(import.meta.url);
  const path = require.resolve("@mlc-ai/web-xgrammar");
  const loaded = { exports: {} };
  const run = compileFunction(
    readFileSync(path, "utf8"),
    ["module", "exports", "require", "__dirname", "__filename"],
    { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  );
  run(loaded, loaded.exports, require, dirname(path), path);
  return loaded.exports as typeof import("@mlc-ai/web-xgrammar");
}

/** A character for every byte, as byte-level vocabularies write them: printable ones stand for themselves. */
function byteCharacters(): string[] {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** web-xgrammar with one line per text, `", "` and `": "` between the values, as colloquy writes by default. */
export async function xgrammarEngine(model: VocabularyModel): Promise<MaskEngine> {
  const { GrammarCompiler, GrammarMatcher, TokenizerInfo } = load();
  const characters = byteCharacters();
  const encoded: string[] = [];
  const ends: number[] = [];
  for (let id = 0; id < model.vocabularySize; id++) {
    if (model.isEogToken(id)) ends.push(id);
    const bytes = model.isSpecialToken(id) ? [] : [...model.tokenBytes(id)];
    encoded.push(bytes.map((byte) => characters[byte]!).join(""));
  }
  const info = await TokenizerInfo.createTokenizerInfo(encoded, "byte_level", false, encoded.length, ends);
  const compiler = await GrammarCompiler.createGrammarCompiler(info);
  return {
    name: "web-xgrammar",
    compile: async (schema) => {
      const grammar = await compiler.compileJSONSchema(
        JSON.stringify(schema),
        false,
        -1,
        [", ", ": "],
        false,
      );
      return {
        dispose: () => grammar.dispose(),
        start: async () => {
          const matcher = await GrammarMatcher.createGrammarMatcher(grammar);
          return {
            mask: () => matcher.getNextTokenBitmask(),
            accept: (token) => matcher.acceptToken(token),
            canEnd: async () => {
              const words = await matcher.getNextTokenBitmask();
              return ends.some((id) => ((words[id >>> 5]! >>> (id & 31)) & 1) === 1);
            },
            dispose: () => matcher.dispose(),
          };
        },
      };
    },
  };
}
