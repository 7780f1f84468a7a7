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
import { openVllm, type ServedVllm, vllmUrl } from "./served-vllm.ts";

const schemas: readonly unknown[] = [
  { const: { a: [1, 'x\\"\u0001\u007fé😀'] } },
  { enum: ["Paris", "東京", "São Paulo", "]-^\\"] },
  { enum: [-19, "ab", "babab", "00ff", "é0"] },
  { enum: [""] },
  { type: ["boolean", "null"] },
  { type: "integer" },
  { type: "number" },
  { type: "integer", minimum: -5, maximum: 120 },
  { type: "number", exclusiveMinimum: 1.25, maximum: 1e6 },
  { type: "integer", multipleOf: 7, minimum: 1, maximum: 300 },
  { type: "string" },
  { type: "string", minLength: 2, maxLength: 30 },
  { type: "string", maxLength: 0 },
  { type: "string", pattern: '^[\\\\"\\n]{2,5}$' },
  { type: "string", pattern: "^[\u4e00-\u9fff]{2,4}$" },
  { type: "string", pattern: "[^b-y]$" },
  ...["uuid", "date", "time", "date-time", "email"].map((format) => ({ type: "string", format })),
  {},
  { type: "object", additionalProperties: { type: "integer" }, minProperties: 1, maxProperties: 3 },
  { type: "object", patternProperties: { "^n_": { type: "integer" } }, additionalProperties: false },
  { type: "array", items: { type: "string" }, minItems: 1, maxItems: 50 },
  { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: { const: 3 } },
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
