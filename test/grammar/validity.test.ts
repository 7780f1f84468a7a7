import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { corpus } from "../../bench/workloads/constrained-corpus.ts";
import {
  compileGrammar,
  LlamaJsonSchemaValidationError,
  parseJsonReply,
  type SchemaDialect,
  schemaToGrammar,
  TokenTrie,
} from "../../src/grammar/index.ts";
import { type Draw, drawFrom } from "./fuzz/draw.ts";
import { fuzzVocabulary } from "./fuzz/fuzz-vocabulary.ts";

const STEPS_MAX = 8000;
const trie = TokenTrie.from(fuzzVocabulary(drawFrom(1)));
const { vocabulary } = trie;

/** Any token that the mask allows; in most steps one that closes something, so that replies come to an end. */
function chooseToken(words: Uint32Array, draw: Draw): number {
  const allowed: number[] = [];
  for (let id = 0; id < vocabulary.size; id++) if ((words[id >>> 5]! >>> (id & 31)) & 1) allowed.push(id);
  if (draw.chance(0.2)) return draw.pick(allowed);
  const closing = allowed.filter(
    (id) =>
      vocabulary.endTokens.includes(id) ||
      /^["\]},]$/.test(String.fromCharCode(...vocabulary.tokenBytes(id))),
  );
  return draw.pick(closing.length > 0 ? closing : allowed);
}

/** A reply and, for each beginning of it, whether it could have ended there. */
function drawReply(grammar: ReturnType<typeof compileGrammar>, draw: Draw) {
  const matcher = grammar.matcher(trie);
  const bytes: number[] = [];
  const beginnings: { text: string; canEnd: boolean }[] = [];
  for (let step = 0; step < STEPS_MAX; step++) {
    beginnings.push({ text: Buffer.from(bytes).toString(), canEnd: matcher.canEnd });
    const token = chooseToken(matcher.mask().words, draw);
    matcher.accept(token);
    if (vocabulary.endTokens.includes(token)) return { text: Buffer.from(bytes).toString(), beginnings };
    bytes.push(...vocabulary.tokenBytes(token));
  }
  return { text: undefined, beginnings };
}

function expectRefused(text: string, schema: unknown, dialect: SchemaDialect): void {
  try {
    parseJsonReply(text, schema, dialect);
  } catch (error) {
    expect(error, text).toBeInstanceOf(LlamaJsonSchemaValidationError);
    const { issues, hint } = error as LlamaJsonSchemaValidationError;
    // What is no JSON lacks its end; a number may be JSON, and be refused for what it is.
    if (issues.length === 0) expect(hint, text).toBe("the reply was cut short");
    return;
  }
  expect.fail(`${text} was cut short, but parse takes it`);
}

describe.each(["standard", "guide"] as const)("replies drawn at random, %s dialect", (dialect) => {
  const drawn = { finished: 0, broken: 0 };

  test.each(corpus.map((entry) => [entry.name, entry.schema] as const))("%s", (name, schema) => {
    const validate = new Ajv2020({ strict: false, validateFormats: false, unicodeRegExp: true }).compile(
      schema,
    );
    const grammar = compileGrammar(schemaToGrammar(schema, { dialect }));
    const draw = drawFrom(name.length + 7 * corpus.length);
    let finished = 0;
    for (let round = 0; round < 12; round++) {
      const { text, beginnings } = drawReply(grammar, draw);
      for (let count = 0; count < 6; count++) {
        const beginning = draw.pick(beginnings);
        if (beginning.canEnd) continue;
        drawn.broken++;
        expectRefused(beginning.text, schema, dialect);
      }
      if (text === undefined) continue;
      finished++;
      const value = parseJsonReply(text, schema, dialect);
      expect(validate(value), `${text} ${JSON.stringify(validate.errors)}`).toBe(true);
    }
    drawn.finished += finished;
    expect(finished).toBeGreaterThan(0);
  });

  test("most came to their end", () => {
    expect(drawn.finished).toBeGreaterThan(10 * corpus.length);
    expect(drawn.broken).toBeGreaterThan(30 * corpus.length);
  });
});
