import { Ajv2020 } from "ajv/dist/2020.js";
import {
  type GrammarDefinition,
  LlamaJsonSchemaValidationError,
  parseGbnf,
  parseJsonReply,
  parsePattern,
  type SchemaDialect,
  schemaToGrammar,
  validateJson,
} from "../../../src/grammar/index.ts";
import type { Draw } from "./draw.ts";
import { randomGbnf } from "./random-gbnf.ts";
import { randomPattern } from "./random-pattern.ts";
import { randomWildSchema } from "./random-wild-schema.ts";
import { Finding } from "./walk-grammar.ts";

/** One kind of input: how it is made, read, and how finished texts are judged by somebody else. */
export interface Front<Input = unknown> {
  readonly make: (draw: Draw) => Input;
  readonly read: (input: Input) => GrammarDefinition;
  /** Throws a {@link Finding} where a text that came to its end is no text of the input. */
  readonly judge: (input: Input, text: string) => void;
  /** Texts that the input may or may not take, with what it must say of them. */
  readonly samples?: (input: Input, draw: Draw) => Iterable<readonly [text: string, matches: boolean]>;
  /** Throws a {@link Finding} where a text that was broken off is taken for a whole one. */
  readonly judgeBeginning?: (input: Input, text: string) => void;
}

interface SchemaInput {
  readonly schema: unknown;
  readonly dialect: SchemaDialect;
  readonly whitespace: "natural" | "compact" | "flexible";
}

const ajv = new Ajv2020({
  strict: false,
  validateFormats: false,
  unicodeRegExp: true,
  validateSchema: false,
});

/** The texts that somebody else's expression is asked about are short, so that it cannot backtrack for ever. */
const EXPRESSION_TEXT_MAX = 24;

export const FRONTS: Readonly<Record<"gbnf" | "pattern" | "schema", Front>> = {
  gbnf: { make: randomGbnf, read: (text) => parseGbnf(text as string), judge: () => {} },
  pattern: {
    make: randomPattern,
    read: (pattern) => ({ root: "root", rules: new Map([["root", parsePattern(pattern as string)]]) }),
    judge: (pattern, text) => {
      if (text.length <= EXPRESSION_TEXT_MAX && expressionOf(pattern as string)?.test(text) === false)
        throw new Finding(`${JSON.stringify(text)} does not match`);
    },
    samples: patternSamples,
  },
  schema: {
    make: (draw): SchemaInput => ({
      schema: randomWildSchema(draw),
      dialect: draw.pick(["guide", "standard"]),
      whitespace: draw.pick(["natural", "compact", "flexible"]),
    }),
    read: (input) => {
      const { schema, dialect, whitespace } = input as SchemaInput;
      return schemaToGrammar(schema, { dialect, whitespace });
    },
    judge: (input, text) => judgeReply(input as SchemaInput, text),
    judgeBeginning: (input, text) => judgeBeginning(input as SchemaInput, text),
  },
};

/** `undefined` for what RegExp takes only without the flag: signs escaped without need, a class as the end of a range. */
function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, "u");
  } catch (error) {
    if (/: Invalid (escape|character class)$/.test((error as Error).message)) return undefined;
    throw error;
  }
}

function* patternSamples(pattern: unknown, draw: Draw): Generator<readonly [string, boolean]> {
  const expression = expressionOf(pattern as string);
  if (expression === undefined) return;
  for (let count = 0; count < 6; count++) {
    const text = Array.from({ length: draw.below(7) }, () => draw.pick([..."ab1- é😀\n{"])).join("");
    yield [text, expression.test(text)];
  }
}

function judgeReply({ schema, dialect }: SchemaInput, text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Finding(`${text} is no JSON`);
  }
  const issues = validateJson(value, schema, dialect);
  if (issues.length > 0) throw new Finding(`${text} is refused by the validator: ${JSON.stringify(issues)}`);
  const words = JSON.stringify(schema);
  if (/nullable/.test(words)) return;
  // The guide's dialect is stricter than the standard but for oneOf, the count of equal names, and required names.
  if (/oneOf|minProperties/.test(words) && dialect === "guide") return;
  const isGuide = dialect === "guide";
  const asked: unknown = JSON.parse(words, (key, item) => (isGuide && key === "required" ? undefined : item));
  const validate = compileOrLeave(asked);
  if (validate?.(value) === false)
    throw new Finding(`${text} is refused by ajv: ${JSON.stringify(validate.errors)}`);
  ajv.removeSchema();
}

/** `undefined` where ajv stumbles over a place that no value of the schema reaches. */
function compileOrLeave(schema: unknown) {
  try {
    return ajv.compile(schema as object);
  } catch {
    return undefined;
  }
}

/** What was cut off must be refused, and as cut short where it is no JSON. */
function judgeBeginning({ schema, dialect }: SchemaInput, text: string): void {
  try {
    parseJsonReply(text, schema, dialect);
  } catch (error) {
    if (!(error instanceof LlamaJsonSchemaValidationError)) throw error;
    if (error.issues.length === 0 && error.hint !== "the reply was cut short")
      throw new Finding(`${JSON.stringify(text)} is not known to be cut short`);
    return;
  }
  // A number that could go on may be whole already, though the grammar wants more of it.
  if (!/^-?[\d.eE+-]+$/.test(text))
    throw new Finding(`${JSON.stringify(text)} was broken off, but parse takes it`);
}
