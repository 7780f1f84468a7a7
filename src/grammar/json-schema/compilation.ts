import { choice, EMPTY, type GrammarNode, literal, optional, repeat, rule, sequence } from "../ir.ts";
import { type Conjunction, conjunctionKey } from "./expand-schema.ts";
import { ANNOTATIONS } from "./keywords.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { schemaLimit } from "./schema-error.ts";
import { type JsonWhitespace, SCHEMA_LIMITS } from "./schema-options.ts";

/** What stands between the values of a reply. */
export interface Separators {
  readonly colon: GrammarNode;
  readonly comma: GrammarNode;
  /** Behind an opening and before a closing bracket of an object or array. */
  readonly edge: GrammarNode;
  /** The same inside values that are written verbatim (`const`, `enum`). */
  readonly colonText: string;
  readonly commaText: string;
}

/** The work on one schema: rules that are done and values that still need one. */
export interface Compilation {
  readonly document: SchemaDocument;
  readonly separators: Separators;
  readonly rules: Map<string, GrammarNode>;
  /** Rule names by conjunction key. */
  readonly valueRules: Map<string, string>;
  readonly pending: { readonly name: string; readonly nodes: Conjunction }[];
  /** Why places cannot be satisfied, for the message when the whole schema cannot. */
  readonly contradictions: { readonly path: string; readonly why: string }[];
}

export function createSeparators(whitespace: JsonWhitespace): Separators {
  if (whitespace === "compact")
    return { colon: literal(":"), comma: literal(","), edge: EMPTY, colonText: ":", commaText: "," };
  const texts = { colonText: ": ", commaText: ", " };
  if (whitespace === "natural") return { colon: literal(": "), comma: literal(", "), edge: EMPTY, ...texts };
  const line = sequence(literal("\n"), repeat(literal(" "), 0, 32));
  return {
    colon: sequence(literal(":"), optional(literal(" "))),
    comma: sequence(literal(","), optional(choice(literal(" "), line))),
    edge: optional(line),
    ...texts,
  };
}

/** The rule of the values that satisfy all these schemas; equal places share one. */
export function valueRule(compilation: Compilation, nodes: Conjunction): GrammarNode {
  const relevant = nodes.filter((node) => node.schema !== true);
  const key = scalarKey(relevant) ?? conjunctionKey(relevant);
  let name = compilation.valueRules.get(key);
  if (name === undefined) {
    name = freshName(
      compilation,
      relevant.length === 0 ? "value" : (relevant[0]!.path.split("/").pop() ?? "root"),
    );
    compilation.valueRules.set(key, name);
    compilation.pending.push({ name, nodes: relevant });
  }
  return rule(name);
}

/** One name for equal schemas without others inside: large schemas say the same of many properties. */
function scalarKey([node, ...others]: Conjunction): string | undefined {
  if (node === undefined || others.length > 0 || typeof node.schema !== "object") return undefined;
  let key = "";
  for (const [keyword, value] of Object.entries(node.schema)) {
    if (value === undefined || ANNOTATIONS.has(keyword)) continue;
    const isList = keyword === "type" || keyword === "enum";
    if (keyword === "$ref" || (typeof value === "object" && value !== null && !isList)) return undefined;
    key += `${keyword}=${JSON.stringify(value)} `;
  }
  return key;
}

/** Gives a node a rule of its own. */
export function addRule(compilation: Compilation, hint: string, node: GrammarNode): GrammarNode {
  const name = freshName(compilation, hint);
  compilation.rules.set(name, node);
  return rule(name);
}

function freshName(compilation: Compilation, hint: string): string {
  const count = compilation.rules.size + compilation.pending.length;
  if (count >= SCHEMA_LIMITS.rules) throw schemaLimit("#", "rules", SCHEMA_LIMITS.rules);
  const base = hint.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40) || "root";
  return `${base}-${compilation.rules.size + compilation.valueRules.size}-${compilation.pending.length}`;
}
