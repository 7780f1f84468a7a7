import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Token } from "../../../src/engine/token.ts";
import { tokenTrieOf } from "../../../src/engine/token-trie-of.ts";
import { BUILTIN_GRAMMAR_NAMES, builtinGrammar } from "../../../src/grammar/builtin/builtin-grammars.ts";
import { compileGrammar } from "../../../src/grammar/compiled-grammar.ts";
import { parseGbnf } from "../../../src/grammar/gbnf/parse-gbnf.ts";
import type { GrammarDefinition } from "../../../src/grammar/ir.ts";
import type { JsonSchemaOptions } from "../../../src/grammar/json-schema/schema-options.ts";
import { schemaToGrammar } from "../../../src/grammar/json-schema/schema-to-grammar.ts";
import type { RemoteContext } from "../../../src/remote/remote-context.ts";
import { generateAll } from "../../contract/context-sequence.contract.ts";
import { schemaSamples } from "../../grammar/schema-samples.ts";
import { openVllm, type ServedVllm, vllmUrl } from "./served-vllm.ts";

const schemas: readonly unknown[] = [
  ...schemaSamples,
  { type: "string", minLength: 2, maxLength: 30 },
  { type: "string", pattern: "^[\u4e00-\u9fff]{2,4}$" },
  { type: "string", pattern: "[^b-y]$" },
  { type: "object", patternProperties: { "^n_": { type: "integer" } }, additionalProperties: false },
  {
    $defs: { n: { properties: { next: { anyOf: [{ $ref: "#/$defs/n" }, { type: "null" }] } } } },
    $ref: "#/$defs/n",
  },
  {
    anyOf: [
      { properties: { t: { const: "a" } } },
      { properties: { t: { const: "b" }, y: { type: "string" } } },
    ],
  },
  {
    properties: { a: { type: "string" }, "né\t": { items: { enum: [1, null] } } },
    additionalProperties: true,
  },
  {
    properties: {
      name: { type: "string", minLength: 1, maxLength: 20 },
      born: { type: "string", format: "date" },
      tags: { type: "array", items: { enum: ["a", "b", "é"] }, maxItems: 3 },
      size: { type: "number", minimum: 0, maximum: 3 },
    },
  },
];

describe.skipIf(vllmUrl === undefined)("grammars on vLLM itself: needs COLLOQUY_VLLM_URL", () => {
  let served: ServedVllm;
  let context: RemoteContext;
  beforeAll(async () => {
    served = await openVllm();
    context = await served.model.createContext({ sequences: 8 });
  });
  afterAll(() => served?.llama.dispose());

  /** Every token is checked against the grammar on the way: one that differs is an error. */
  async function write(definition: GrammarDefinition, prompt: string, seed: number, maxTokens = 24) {
    const sequence = context.getSequence();
    const grammar = compileGrammar(definition).matcher(tokenTrieOf(served.model));
    const { tokens, finish } = await generateAll(sequence, served.model.tokenize(prompt, true), {
      grammar,
      maxTokens,
      sampling: { temperature: 1.5, seed },
    });
    await sequence.dispose();
    return { tokens, finish, text: served.model.detokenize(tokens, true) };
  }

  const prompt = "<|im_start|>user\nWrite JSON.<|im_end|>\n<|im_start|>assistant\n";

  test.each(schemas.map((schema) => [JSON.stringify(schema), schema] as const))("%s", async (_, schema) => {
    for (const [seed, options] of [
      { dialect: "guide", whitespace: "natural" },
      { dialect: "standard", whitespace: "compact" },
      { dialect: "guide", whitespace: "flexible" },
    ].entries()) {
      const definition = schemaToGrammar(schema, options as JsonSchemaOptions);
      const { finish, text } = await write(definition, prompt, seed);
      expect(finish.reason).toMatch(/^(eog|length)$/);
      if (finish.reason === "length") continue;
      expect(() => JSON.parse(text), text).not.toThrow();
      expect(compileGrammar(definition).matches(text), text).toBe(true);
    }
  });

  test.each(BUILTIN_GRAMMAR_NAMES)("the grammar %s", async (name) => {
    const { finish } = await write(parseGbnf(builtinGrammar(name)), prompt, 5, 24);
    expect(finish.reason).toMatch(/^(eog|length)$/);
  });

  test("characters of several bytes", async () => {
    const { text } = await write(parseGbnf('root ::= "你好" [\u4e00-\u9fff]{2} ("é" | "😀")'), prompt, 3);
    expect(text).toMatch(/^你好[\u4e00-\u9fff]{2}[é😀]$/u);
  });

  test("tokens by their ids, and any but one", async () => {
    const [end] = served.model.tokenize("<|im_start|>", true);
    const [word] = served.model.tokenize(" yes");
    const { tokens } = await write(parseGbnf(`root ::= [ab] <[${end}]> "c" !<[${word}]>`), prompt, 4);
    expect(tokens).toHaveLength(4);
    expect(tokens[1]).toBe(end as Token);
    expect(tokens[3]).not.toBe(word);
  });
});
