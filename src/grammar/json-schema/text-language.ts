import { ColloquyError } from "../../base/errors.ts";
import type { GrammarNode } from "../ir.ts";
import { parsePattern } from "../regex/parse-pattern.ts";
import { formatPattern } from "./formats.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { unsupportedSchema } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";
import { buildNfa, nfaAccepts, type TextNfa } from "./text-nfa.ts";

/**
 * The texts that a `pattern` (or a key of `patternProperties`) allows, decoded.
 * @throws ColloquyError `grammar-unsupported`, `grammar-invalid` or `grammar-limit` naming `path`
 */
export function patternLanguage(pattern: string, path: string, keyword: string): GrammarNode {
  if (pattern.length > SCHEMA_LIMITS.patternLength)
    throw unsupportedSchema(path, keyword, `is longer than ${SCHEMA_LIMITS.patternLength} characters`);
  try {
    return parsePattern(pattern);
  } catch (cause) {
    if (!(cause instanceof ColloquyError)) throw cause;
    throw new ColloquyError(cause.code, `JSON schema ${path}/${keyword}: ${cause.message}`, { cause });
  }
}

/** The texts of a `format`. @throws ColloquyError `grammar-unsupported` for an unknown one */
export function formatLanguage(format: string, path: string): GrammarNode {
  const pattern = formatPattern(format);
  if (pattern === undefined) throw unsupportedSchema(path, "format", `"${format}" is not supported`);
  return patternLanguage(pattern, path, "format");
}

/** Where a pattern stands. */
interface PatternPlace {
  readonly path: string;
  readonly keyword: string;
}

/**
 * What texts are held against a pattern with. Not RegExp: a pattern that backtracks for ever must not hang the process.
 * @throws ColloquyError as {@link patternLanguage}
 */
export function textMatcher(
  document: SchemaDocument,
  pattern: string,
  { path, keyword }: PatternPlace,
): TextNfa {
  let matcher = document.matchers.get(pattern);
  if (matcher === undefined) {
    matcher = buildNfa(patternLanguage(pattern, path, keyword), path, document.work);
    document.matchers.set(pattern, matcher);
  }
  return matcher;
}

/** Whether a text matches a pattern. @throws ColloquyError as {@link patternLanguage} */
export function matchesPattern(
  document: SchemaDocument,
  pattern: string,
  text: string,
  place: PatternPlace,
): boolean {
  return nfaAccepts(textMatcher(document, pattern, place), text);
}

/** The same for a name in the schema, which counts as work on the schema. */
export function matchesName(document: SchemaDocument, pattern: string, name: string, path: string): boolean {
  const matcher = textMatcher(document, pattern, { path, keyword: "patternProperties" });
  return nfaAccepts(matcher, name, (steps) => document.work.spend(steps, path));
}

/** How many code points the texts of a regular grammar have. */
export function textLengths(node: GrammarNode): { min: number; max: number } {
  switch (node.type) {
    case "literal": {
      const length = [...node.text].length;
      return { min: length, max: length };
    }
    case "sequence": {
      const items = node.items.map(textLengths);
      return { min: sum(items.map(({ min }) => min)), max: sum(items.map(({ max }) => max)) };
    }
    case "choice": {
      const options = node.options.map(textLengths);
      return {
        min: Math.min(...options.map(({ min }) => min)),
        max: Math.max(0, ...options.map(({ max }) => max)),
      };
    }
    case "repeat": {
      const item = textLengths(node.item);
      const most = node.max ?? Number.POSITIVE_INFINITY;
      return { min: item.min * node.min, max: item.max === 0 || most === 0 ? 0 : item.max * most };
    }
    default:
      return { min: 1, max: 1 };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
