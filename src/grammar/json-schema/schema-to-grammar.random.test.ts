import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { FORMAT_PATTERNS } from "./formats.ts";
import { type JsonValue, writeJson } from "./json-value.ts";
import { KEYWORD_TYPES } from "./keywords.ts";
import { createRandom, naiveAccepts, randomText } from "./naive-grammar.test.twin.ts";
import { mutateValue, randomDocument, randomValue } from "./random-schema.test.twin.ts";
import { schemaToGrammar } from "./schema-to-grammar.ts";
import { validateJson } from "./validate-json.ts";

const ajv = new Ajv2020({ strict: false, validateFormats: false, unicodeRegExp: true });

/** `undefined` where the schema is refused, which is checked to be for a stated reason. */
function grammarOf(schema: unknown, dialect: "standard" | "guide") {
  try {
    return schemaToGrammar(schema, { dialect });
  } catch (error) {
    if (!(error instanceof ColloquyError) || !/^grammar-(unsupported|invalid|limit)$/.test(error.code))
      throw error;
    return { refused: error.message };
  }
}

/** Whether the grammar writes the value, in whichever order of keys it has. */
function writtenBy(definition: ReturnType<typeof schemaToGrammar>, value: unknown): boolean {
  return permutations(value as JsonValue).some((candidate) =>
    naiveAccepts(definition, writeJson(candidate, ", ", ": ")),
  );
}

/** The value with the keys of its objects in every order, as far as these are few. */
function permutations(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return combine(value.map(permutations));
  if (typeof value !== "object" || value === null) return [value];
  const entries = Object.entries(value);
  return orderings(entries).flatMap((order) =>
    combine(order.map(([, item]) => permutations(item as JsonValue))).map(
      (items) => Object.fromEntries(order.map(([key], index) => [key, items[index]!])) as JsonValue,
    ),
  );
}

function combine(lists: readonly JsonValue[][]): JsonValue[][] {
  return lists.reduce<JsonValue[][]>(
    (all, list) => all.flatMap((head) => list.map((item) => [...head, item])).slice(0, 2000),
    [[]],
  );
}

function orderings<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    orderings([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

/** Whether keywords of a type stand somewhere without `type`: there a grammar writes less than is valid. */
function isNarrowed(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const isTyped = Object.hasOwn(value, "type");
  if (!isTyped && Object.keys(KEYWORD_TYPES).some((keyword) => Object.hasOwn(value, keyword))) return true;
  return Object.values(value).some(isNarrowed);
}

/** The same schema in the words of the standard: what the guide's dialect takes for granted is written out. */
function inStandardWords(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return schema;
  const result: Record<string, unknown> = { ...schema };
  const map = (value: unknown) =>
    Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, inStandardWords(item)]));
  for (const keyword of ["properties", "patternProperties", "$defs"])
    if (result[keyword] !== undefined) result[keyword] = map(result[keyword]);
  for (const keyword of ["anyOf", "oneOf", "prefixItems"])
    if (Array.isArray(result[keyword])) result[keyword] = result[keyword].map(inStandardWords);
  for (const keyword of ["items", "additionalProperties"])
    if (result[keyword] !== undefined) result[keyword] = inStandardWords(result[keyword]);
  if (result.oneOf !== undefined) {
    result.anyOf = result.oneOf;
    delete result.oneOf;
  }
  if (result.type === "object") {
    result.required = Object.keys((result.properties as object | undefined) ?? {});
    result.additionalProperties ??= false;
    delete result.minProperties;
  }
  if (Array.isArray(result.prefixItems))
    result.minItems = Math.max((result.minItems as number | undefined) ?? 0, result.prefixItems.length);
  return result;
}

describe("random schemas", () => {
  it("writes only what ajv finds valid, and accepts what ajv finds valid (standard dialect)", () => {
    const random = createRandom(11);
    const counts = { accepted: 0, texts: 0, valid: 0, invalid: 0 };
    for (let round = 0; round < 1500; round++) {
      const schema = randomDocument(random);
      const grammar = grammarOf(schema, "standard");
      if ("refused" in grammar) continue;
      counts.accepted++;
      const validate = ajv.compile(schema);
      const isComplete = !isNarrowed(schema);
      const candidates: unknown[] = Array.from({ length: 4 }, () => randomValue(random));
      for (let walk = 0; walk < 8; walk++) {
        const text = randomText(grammar, random);
        counts.texts++;
        const value: unknown = JSON.parse(text);
        const place = `${JSON.stringify(schema)} wrote ${text}`;
        expect(validate(value), place).toBe(true);
        expect(validateJson(value, schema, "standard"), place).toEqual([]);
        candidates.push(mutateValue(random, value));
        if (walk === 0 && text.length < 300) expect(naiveAccepts(grammar, text), place).toBe(true);
      }
      for (const value of candidates) {
        const place = `${JSON.stringify(schema)} on ${JSON.stringify(value)}`;
        const valid = validate(value);
        expect(validateJson(value, schema, "standard").length === 0, place).toBe(valid);
        if (valid) counts.valid++;
        else counts.invalid++;
        const text = writeJson(value as JsonValue, ", ", ": ");
        if (!valid) expect(naiveAccepts(grammar, text), place).toBe(false);
        else if (isComplete && text.length < 80 && isCanonical(value))
          expect(writtenBy(grammar, value), place).toBe(true);
      }
    }
    expect(counts.accepted).toBeGreaterThan(700);
    expect(counts.valid).toBeGreaterThan(500);
    expect(counts.invalid).toBeGreaterThan(500);
  });

  it("writes only what validates (guide's dialect)", () => {
    const random = createRandom(12);
    let texts = 0;
    for (let round = 0; round < 600; round++) {
      const schema = randomDocument(random);
      const grammar = grammarOf(schema, "guide");
      if ("refused" in grammar) continue;
      for (let walk = 0; walk < 6; walk++) {
        const text = randomText(grammar, random);
        texts++;
        expect(
          validateJson(JSON.parse(text), schema, "guide"),
          `${JSON.stringify(schema)} wrote ${text}`,
        ).toEqual([]);
      }
    }
    expect(texts).toBeGreaterThan(1500);
  });

  it("means by the guide's dialect what it says in the words of the standard", () => {
    const random = createRandom(13);
    let texts = 0;
    for (let round = 0; round < 1500; round++) {
      const schema = randomDocument(random);
      // Objects that are merged or have no type get their defaults together, which no rewriting of one shows.
      if (/"allOf"|"tag"/.test(JSON.stringify(schema)) || isNarrowed(schema)) continue;
      const grammar = grammarOf(schema, "guide");
      if ("refused" in grammar) continue;
      const validate = ajv.compile(inStandardWords(schema) as object);
      for (let walk = 0; walk < 6; walk++) {
        const text = randomText(grammar, random);
        texts++;
        const value: unknown = JSON.parse(text);
        const place = `${JSON.stringify(schema)} wrote ${text}`;
        expect(validate(value), place).toBe(true);
        const other = mutateValue(random, value);
        const otherText = writeJson(other as JsonValue, ", ", ": ");
        if (!validate(other))
          expect(naiveAccepts(grammar, otherText), `${place} and ${otherText}`).toBe(false);
      }
    }
    expect(texts).toBeGreaterThan(1500);
  });
});

/** Numbers as a grammar with a range writes them; no half of a surrogate pair, which UTF-8 cannot hold. */
function isCanonical(value: unknown): boolean {
  if (typeof value === "string") return !/\p{Surrogate}/u.test(value);
  if (typeof value === "number") return /^-?\d{1,9}(\.\d{1,6})?$/.test(String(value));
  if (typeof value !== "object" || value === null) return true;
  // JavaScript puts keys that are whole numbers first; more than 4 keys have too many orders to try.
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  return (
    keys.length <= 4 && keys.every((key) => !/^\d+$/.test(key)) && Object.values(value).every(isCanonical)
  );
}

describe("formats", () => {
  const checks: Record<string, (text: string) => boolean> = {
    date: (text) => isDate(text),
    time: (text) => !Number.isNaN(Date.parse(`2020-01-01T${shortFraction(text)}`)),
    "date-time": (text) => isDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(shortFraction(text))),
    uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
    email: (text) => text.split("@").length === 2 && new URL(`http://${text.split("@")[1]}/`).hostname !== "",
    ipv4: (text) => new URL(`http://${text}/`).hostname === text,
    ipv6: (text) => new URL(`http://[${text}]/`).hostname.startsWith("["),
    uri: (text) => new URL(text).href.length > 0,
  };
  const isDate = (text: string) => new Date(`${text}T00:00:00Z`).toISOString().slice(0, 10) === text;
  const shortFraction = (text: string) => text.replace(/(\.\d{1,3})\d*/, "$1");

  it.each(Object.keys(FORMAT_PATTERNS))("%s", (format) => {
    const random = createRandom(5);
    const schema = { type: "string", format };
    const grammar = schemaToGrammar(schema);
    for (let round = 0; round < 300; round++) {
      const text = JSON.parse(randomText(grammar, random)) as string;
      expect(checks[format]!(text), text).toBe(true);
      expect(text).toMatch(new RegExp(FORMAT_PATTERNS[format]!, "u"));
    }
  });

  it("knows the length of every month", () => {
    const grammar = schemaToGrammar({ type: "string", format: "date" });
    for (const date of ["2024-02-29", "2000-02-29", "2023-02-28", "2023-04-30", "2023-12-31"])
      expect(naiveAccepts(grammar, `"${date}"`), date).toBe(true);
    for (const date of ["2023-02-29", "1900-02-29", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00"])
      expect(naiveAccepts(grammar, `"${date}"`), date).toBe(false);
  });

  it.each([
    [
      "ipv6",
      ["::", "::1", "1::", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8"],
      ["1", ":::", "1:2:3:4:5:6:7:8:9", "1::2::3"],
    ],
    ["ipv4", ["0.0.0.0", "255.255.255.255"], ["256.1.1.1", "01.1.1.1", "1.1.1"]],
    ["email", ["a.b+c@example.org"], ["a@b", "@b.c", "a..b@c.d"]],
    ["uri", ["https://example.org/a?b=c#d", "http://localhost:8080"], ["example.org", "http://a b"]],
  ])("%s by example", (format, accepts, rejects) => {
    const grammar = schemaToGrammar({ type: "string", format });
    for (const text of accepts) expect(naiveAccepts(grammar, `"${text}"`), text).toBe(true);
    for (const text of rejects) expect(naiveAccepts(grammar, `"${text}"`), text).toBe(false);
  });
});
