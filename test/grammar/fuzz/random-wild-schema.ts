import { randomDocument } from "../../../src/grammar/json-schema/random-schema.test.twin.ts";
import { damageJson } from "./damage.ts";
import type { Draw } from "./draw.ts";
import { randomPattern } from "./random-pattern.ts";

type Schema = Record<string, unknown>;

const KEYWORDS = [
  ..."type enum const oneOf anyOf allOf $ref $defs properties required additionalProperties".split(" "),
  ..."patternProperties minProperties maxProperties items prefixItems minItems maxItems nullable".split(" "),
  ..."minLength maxLength pattern format minimum maximum exclusiveMinimum multipleOf title".split(" "),
  ..."not if uniqueItems contains dependentRequired unevaluatedProperties $anchor __proto__".split(" "),
];
const FORMATS = ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "uri", "hostname"];

/** A document of schemas: mostly well formed, now and then hostile or damaged. */
export function randomWildSchema(draw: Draw): unknown {
  let schema: unknown;
  if (draw.chance(0.05)) schema = hostileSchema(draw);
  else if (draw.chance(0.2)) schema = textSchema(draw);
  else if (draw.chance(0.1)) schema = numberSchema(draw);
  else schema = randomDocument(draw.next);
  return draw.chance(0.25) ? damageJson(draw, schema, KEYWORDS) : schema;
}

function textSchema(draw: Draw): Schema {
  const schema: Schema = { type: "string" };
  if (draw.chance(0.6)) schema.pattern = randomPattern(draw);
  if (draw.chance(0.4)) schema.format = draw.pick(FORMATS);
  if (draw.chance(0.4)) schema.minLength = draw.below(draw.pick([3, 20, 5000]));
  if (draw.chance(0.4)) schema.maxLength = draw.below(draw.pick([9, 60, 70_000]));
  return draw.chance(0.5) ? schema : { type: "array", items: schema, minItems: 1, maxItems: 2 };
}

function numberSchema(draw: Draw): Schema {
  const bound = () => {
    const value = (draw.next() - 0.5) * 10 ** (draw.below(40) - 15);
    return draw.pick([value, Math.round(value), Number(value.toPrecision(2)), 2 ** 53, -0, 0.1 + 0.2]);
  };
  const schema: Schema = { type: draw.pick(["integer", "number", ["number", "null"]]) };
  for (const keyword of ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"])
    if (draw.chance(0.35)) schema[keyword] = bound();
  if (draw.chance(0.2)) schema.multipleOf = draw.pick([1, 2, 7, 10, 1000, 0.5, 0.01, 1e20]);
  return schema;
}

/** Schemas that multiply: branches of branches, rules that call each other, counts of counts. */
function hostileSchema(draw: Draw): Schema {
  const n = 2 + draw.below(60);
  const each = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, i) => make(i));
  const names = (count: number, make: (index: number) => unknown) =>
    Object.fromEntries(each(count, (i) => [`p${i}`, make(i)]));
  switch (draw.below(9)) {
    case 0:
      return {
        allOf: each(n, () => ({ anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }] })),
      };
    case 1:
      return { allOf: each(n, (i) => ({ anyOf: [{ minLength: i }, { maxLength: i }] })) };
    case 2:
      return {
        $ref: "#/$defs/d0",
        $defs: chain(n, (to) => ({ anyOf: [to, to, { type: "array", items: to }] })),
      };
    case 3:
      return {
        type: "object",
        properties: names(n, () => true),
        minProperties: draw.below(n),
        maxProperties: n,
      };
    case 4:
      return {
        type: "object",
        patternProperties: Object.fromEntries(each(n % 12, (i) => [`a.{${i}}b`, true])),
      };
    case 5:
      return { $ref: "#/$defs/d0", $defs: chain(n, (to) => ({ allOf: [to, { not: true }, to] })) };
    case 6:
      return each(n, (i) => i).reduce<Schema>((inner) => ({ type: "array", items: inner }), { type: "null" });
    case 7:
      return { type: "string", pattern: `^${"(a|b|ab)*".repeat(n % 10)}$`, maxLength: 50 * n, minLength: n };
    default:
      return {
        type: "array",
        items: { type: "array", items: true, maxItems: 60_000 },
        minItems: n,
        maxItems: 60_000,
      };
  }
}

function chain(count: number, link: (to: Schema) => Schema): Schema {
  const definitions: Schema = {};
  for (let i = 0; i < count; i++) definitions[`d${i}`] = link({ $ref: `#/$defs/d${i + 1}` });
  definitions[`d${count}`] = { type: "boolean" };
  return definitions;
}
