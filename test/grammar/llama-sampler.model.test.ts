import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import type { Token } from "../../src/engine/token.ts";
import { tokenTrieOf } from "../../src/engine/token-trie-of.ts";
import { builtinGrammar, compileGrammar, parseGbnf } from "../../src/grammar/index.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { allocate } from "../../src/native/memory.ts";
import { seededRandom } from "../gguf/seeded-random.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";

const GRAMMARS: readonly [name: string, text: string][] = [
  ["json", builtinGrammar("json")],
  ["json_arr", builtinGrammar("json_arr")],
  ["arithmetic", builtinGrammar("arithmetic")],
  ["chess", builtinGrammar("chess")],
  ["lines", 'root ::= ("- " [^\\n]{2,30} "\\n")+'],
  ["counts", 'root ::= "\\"" [a-z ]{3,20} "\\"" ("," " "? root){0,3}'],
  ["alternatives", 'root ::= ("the " | "there" | "then" [a-z]*) ("," root | ".")'],
  ["beyond ASCII", 'root ::= ([à-ÿ] | "日本" | [^\\x00-\\x7F]){1,4} [.!?] root?'],
  [
    "escapes",
    'root ::= ("\\x41\\u00E9\\t\\"" | [\\x61-\\x66\\]\\[\\-\\\\] | "\\U0001F600" | [\\u3041-\\u309f])+ [a-] [-z]? .',
  ],
  [
    "layout",
    '# first\nroot::=item ( # in a group\n  "," # and\n  item\n){ 1 , 3 } |\n  "none"\r\nitem ::= [a-z]{2} "-"? | [0-9]{3,} |\n\n# last',
  ],
  ["repetitions", 'root ::= ("ab"{2} "c"{0,2} | ("d" | "e" "f"?){1,3} "g"+){2}? ("h" {2})* "i" *'],
  ["defined twice", 'root ::= a a\na ::= "x"\na ::= "the" | [y-z]{1,2}'],
  ["any characters", 'root ::= . .{2,5} ("end" | .)* "\\n"'],
  ["nested", 'root ::= "(" (root | [0-9]{1,3}) ")" | "[" root? "]"'],
];

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "grammar-"));
  llama = await getLlama({ gpu: false });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

/** llama.cpp's own sampler of a grammar. */
function openSampler(model: LlamaModel, grammar: string) {
  const { functions } = model.llama.native;
  const vocabulary = functions.llama_model_get_vocab(model.pointer)!;
  const size = model.vocabularySize;
  const sampler = functions.llama_sampler_init_grammar(vocabulary, grammar, "root")!;
  expect(sampler).not.toBeNull();
  // llama_token_data: id, logit, p. llama_token_data_array: data, size, selected, sorted.
  const data = allocate(12 * size);
  const array = allocate(32);
  const [integers, floats] = [new Int32Array(data.buffer), new Float32Array(data.buffer)];
  return {
    allowed(): Uint8Array {
      for (let id = 0; id < size; id++) {
        integers[3 * id] = id;
        floats[3 * id + 1] = 0;
      }
      new BigUint64Array(array.buffer).set([data.pointer, BigInt(size), 0n, 0n]);
      functions.llama_sampler_apply(sampler, array.pointer);
      const allowed = new Uint8Array(size);
      for (let i = 0; i < size; i++) allowed[integers[3 * i]!] = floats[3 * i + 1] === 0 ? 1 : 0;
      return allowed;
    },
    accept: (token: number) => functions.llama_sampler_accept(sampler, token),
    free() {
      functions.llama_sampler_free(sampler);
      data.free();
      array.free();
    },
  };
}

/**
 * Tokens that both take for the same text. llama.cpp reads control tokens as their names, refuses tokens that begin
 * with a zero byte, and is lenient where bytes are no UTF-8.
 */
function comparableTokens(model: LlamaModel, named: readonly number[]): number[] {
  const found: number[] = [...named];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let id = 0; id < model.vocabularySize; id++) {
    if (model.isEogToken(id as Token)) found.push(id);
    if (model.isSpecialToken(id as Token) || named.includes(id)) continue;
    const bytes = model.tokenBytes(id as Token);
    if (bytes.length === 0 || bytes[0] === 0) continue;
    try {
      decoder.decode(bytes);
      found.push(id);
    } catch {
      // A part of a character.
    }
  }
  return found;
}

function compare(
  model: LlamaModel,
  grammar: string,
  {
    walks,
    steps,
    seed,
    named = [],
  }: { walks: number; steps: number; seed: number; named?: readonly number[] },
): number {
  const random = seededRandom(seed);
  const tokens = comparableTokens(model, named);
  const compiled = compileGrammar(parseGbnf(grammar));
  const trie = tokenTrieOf(model);
  let compared = 0;
  for (let walk = 0; walk < walks; walk++) {
    const theirs = openSampler(model, grammar);
    const ours = compiled.matcher(trie);
    let text = "";
    for (let step = 0; step < steps; step++) {
      const { words } = ours.mask();
      const allowed = theirs.allowed();
      const different = tokens.filter((id) => ((words[id >>> 5]! >>> (id & 31)) & 1) !== allowed[id]);
      expect(different, `after ${JSON.stringify(text)}`).toEqual([]);
      compared++;
      const choices = tokens.filter((id) => allowed[id] === 1 && !model.isEogToken(id as Token));
      if (choices.length === 0) break;
      // Short tokens half of the time: they end strings and numbers sooner.
      const short = choices.filter((id) => model.tokenBytes(id as Token).length === 1);
      const from = short.length > 0 && random() < 0.5 ? short : choices;
      const token = from[Math.floor(random() * from.length)]!;
      ours.accept(token);
      theirs.accept(token);
      text += new TextDecoder().decode(model.tokenBytes(token as Token));
    }
    theirs.free();
  }
  return compared;
}

/** Grammars that name tokens: one by its id, control tokens by their names too. */
function compareNamedTokens(model: LlamaModel): number {
  const word = model.tokenize("the")[0]!;
  const [start] = model.tokenize("<|im_start|>", true);
  const grammars = [
    `root ::= <[${word}]> !<[${word}]>{1,3} <[${word}]> [a-z]*`,
    `root ::= "a"? <|im_start|> (!<|im_start|>)* <|im_start|> "b"`,
    `root ::= ([a-z]{1,4} | <[${start}]> | <[${word}]>)+ "!"`,
  ];
  return grammars.reduce(
    (sum, text, index) =>
      sum + compare(model, text, { walks: 6, steps: 12, seed: 300 + index, named: [word, start!] }),
    0,
  );
}

describe("masks beside those of llama.cpp's grammar sampler", () => {
  test("on the default model's vocabulary", async () => {
    const modelPath = await resolveDefaultModel();
    const model = await llama.loadModel({ modelPath, vocabOnly: true });
    let compared = 0;
    for (const [index, [, text]] of GRAMMARS.entries())
      compared += compare(model, text, { walks: 6, steps: 30, seed: 100 + index });
    expect(compared).toBeGreaterThan(700);
    expect(compareNamedTokens(model)).toBeGreaterThan(100);
    await model.dispose();
  });

  test("on a vocabulary of SentencePiece", async () => {
    const words = ['{"', '":', '", "', "true", "123", "e4", "日本", "é.", "- the", ' "the"', "],", "(("];
    const path = writeTinyModel(join(folder, "tiny.gguf"), { architecture: "gemma3", words });
    const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
    let compared = 0;
    for (const [index, [, text]] of GRAMMARS.entries())
      compared += compare(model, text, { walks: 20, steps: 40, seed: 200 + index });
    expect(compared).toBeGreaterThan(3000);
    expect(compareNamedTokens(model)).toBeGreaterThan(100);
    await model.dispose();
  });
});
