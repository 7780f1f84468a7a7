/** Random schemas of the standard dialect, and random values that come close to satisfying them. */

type Random = () => number;
type Schema = Record<string, unknown>;

const NAMES = ["a", "b", "ab", "n_x", "é"];
const PATTERNS = ["^a", "b", "^[ab]{1,3}$", "^n_", "x?y", '^"'];

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
const below = (random: Random, count: number) => Math.floor(random() * count);
const sometimes = (random: Random, share: number) => random() < share;

export function randomSchema(random: Random, depth = 0): Schema | boolean {
  const kinds = ["scalar", "scalar", "string", "number", "number", "enum"];
  if (depth < 3)
    kinds.push("object", "object", "array", "anyOf", "oneOf", "allOf", "ref", "tagged", "untyped");
  switch (pick(random, kinds)) {
    case "scalar":
      return {
        type: pick(random, [
          "null",
          "boolean",
          "string",
          "integer",
          ["null", "number"],
          ["string", "boolean"],
        ]),
      };
    case "string":
      return randomString(random);
    case "number":
      return randomNumber(random);
    case "enum":
      return { enum: Array.from({ length: 1 + below(random, 3) }, () => randomValue(random, 1)) };
    case "object":
      return randomObject(random, depth);
    case "array":
      return randomArray(random, depth);
    case "anyOf":
      return { anyOf: [randomSchema(random, depth + 1), randomSchema(random, depth + 1)] };
    case "oneOf":
      return { oneOf: [randomSchema(random, depth + 1), randomSchema(random, depth + 1)] };
    case "tagged":
      return { type: "object", oneOf: [randomBranch(random, depth, 1), randomBranch(random, depth, 2)] };
    case "untyped": {
      const { type: _, ...schema } = pick(random, [randomString, randomNumber, randomObject, randomArray])(
        random,
        depth,
      );
      return schema;
    }
    case "allOf":
      return { allOf: [randomSchema(random, depth + 1), randomSchema(random, depth + 1)] };
    default:
      return { $ref: `#/$defs/${pick(random, ["one", "two"])}` };
  }
}

/** A branch of `oneOf` that a property tells apart from another one. */
function randomBranch(random: Random, depth: number, tag: number): Schema {
  return { properties: { tag: { const: tag }, a: randomSchema(random, depth + 1) }, required: ["tag"] };
}

/** A whole document: definitions that may refer to each other, and a root. */
export function randomDocument(random: Random): Schema {
  const root = randomSchema(random);
  const $defs = { one: randomDefinition(random, 1), two: randomDefinition(random, 2) };
  return typeof root === "boolean" ? { allOf: [root], $defs } : { ...root, $defs };
}

/** ajv overflows its stack on definitions that are nothing but references to each other. */
function randomDefinition(random: Random, depth: number): Schema | boolean {
  for (;;) {
    const schema = randomSchema(random, depth);
    if (typeof schema === "boolean" || schema.$ref === undefined) return schema;
  }
}

function randomString(random: Random): Schema {
  const schema: Schema = { type: "string" };
  if (sometimes(random, 0.4)) schema.minLength = below(random, 3);
  if (sometimes(random, 0.4)) schema.maxLength = 1 + below(random, 4);
  if (sometimes(random, 0.4)) schema.pattern = pick(random, PATTERNS);
  return schema;
}

function randomNumber(random: Random): Schema {
  const schema: Schema = { type: pick(random, ["integer", "number"]) };
  const bound = () => {
    const value = (random() - 0.5) * 10 ** below(random, 4);
    return pick(random, [Math.round(value), Number(value.toFixed(1 + below(random, 5))), value]);
  };
  if (sometimes(random, 0.5)) schema[pick(random, ["minimum", "exclusiveMinimum"])] = bound();
  if (sometimes(random, 0.5)) schema[pick(random, ["maximum", "exclusiveMaximum"])] = bound();
  if (schema.type === "integer" && sometimes(random, 0.2)) schema.multipleOf = pick(random, [1, 10, 100]);
  return schema;
}

function randomObject(random: Random, depth: number): Schema {
  const schema: Schema = { type: "object" };
  const names = NAMES.filter(() => sometimes(random, 0.4)).sort(() => random() - 0.5);
  if (names.length > 0 || sometimes(random, 0.5))
    schema.properties = Object.fromEntries(names.map((name) => [name, randomSchema(random, depth + 1)]));
  if (sometimes(random, 0.6)) schema.required = NAMES.filter(() => sometimes(random, 0.3));
  if (sometimes(random, 0.6))
    schema.additionalProperties = sometimes(random, 0.6) ? false : randomSchema(random, depth + 1);
  if (sometimes(random, 0.2))
    schema.patternProperties = { [pick(random, PATTERNS)]: randomSchema(random, depth + 1) };
  if (sometimes(random, 0.2)) schema.minProperties = 1 + below(random, 2);
  if (sometimes(random, 0.2)) schema.maxProperties = 1 + below(random, 3);
  return schema;
}

function randomArray(random: Random, depth: number): Schema {
  const schema: Schema = { type: "array" };
  if (sometimes(random, 0.7)) schema.items = sometimes(random, 0.1) ? false : randomSchema(random, depth + 1);
  if (sometimes(random, 0.3))
    schema.prefixItems = Array.from({ length: 1 + below(random, 2) }, () => randomSchema(random, depth + 1));
  if (sometimes(random, 0.3)) schema.minItems = below(random, 3);
  if (sometimes(random, 0.3)) schema.maxItems = below(random, 4);
  return schema;
}

/** A small value out of the same stock of names, texts and numbers. */
export function randomValue(random: Random, depth = 0): unknown {
  const kinds = ["null", "boolean", "string", "integer", "number"];
  if (depth < 3) kinds.push("object", "array");
  switch (pick(random, kinds)) {
    case "null":
      return null;
    case "boolean":
      return sometimes(random, 0.5);
    case "string":
      return pick(random, ["", "a", "b", "ab", "aab", "é", "😀😀", '"', "n_1", "xy\n", "babab"]);
    case "integer":
      return below(random, 40) - 20;
    case "number":
      return Number(((random() - 0.5) * 100).toFixed(1 + below(random, 3)));
    case "object":
      return Object.fromEntries(
        [...NAMES, "zz"]
          .filter(() => sometimes(random, 0.35))
          .map((name) => [name, randomValue(random, depth + 1)]),
      );
    default:
      return Array.from({ length: below(random, 4) }, () => randomValue(random, depth + 1));
  }
}

/** The value with one small thing changed somewhere inside. */
export function mutateValue(random: Random, value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && sometimes(random, 0.8)) {
    const index = below(random, value.length);
    if (sometimes(random, 0.3)) return value.filter((_, at) => at !== index);
    return value.map((item, at) => (at === index ? mutateValue(random, item) : item));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value) && sometimes(random, 0.8)) {
    const name = pick(random, [...Object.keys(value), ...NAMES]);
    if (sometimes(random, 0.3))
      return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
    const old = (value as Record<string, unknown>)[name];
    return { ...value, [name]: old === undefined ? randomValue(random, 2) : mutateValue(random, old) };
  }
  if (typeof value === "number" && sometimes(random, 0.7)) return value + pick(random, [-1, 1, 0.1, -10]);
  if (typeof value === "string" && sometimes(random, 0.7))
    return sometimes(random, 0.5) ? [...value].slice(1).join("") : `${value}${pick(random, ["a", "b", "é"])}`;
  return randomValue(random, 1);
}
