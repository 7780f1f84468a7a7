import type { LanguageModel } from "../../engine/context-sequence.ts";
import { tokenTrieOf } from "../../engine/token-trie-of.ts";
import { compileGrammar } from "../../grammar/compiled-grammar.ts";
import {
  choice,
  type GrammarDefinition,
  type GrammarNode,
  literal,
  rule,
  sequence,
} from "../../grammar/ir.ts";
import { schemaToGrammar } from "../../grammar/json-schema/schema-to-grammar.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { ChatModelFunctions } from "../../template/chat-history-items.ts";
import type { ChatWrapperSettings } from "../../template/chat-wrapper-settings.ts";
import { jsonDumps } from "../../template/json-dumps.ts";
import type { LlamaText } from "../../template/llama-text.ts";
import { partTokens } from "../response/continuation-tokens.ts";
import { type CallSyntax, callSyntax } from "./call-syntax.ts";
import { paramsSchema } from "./params-schema.ts";

/** Everything that is needed to have a call written and to read it. */
export interface CallGrammar {
  readonly syntaxes: readonly CallSyntax[];
  /** A walk from behind the call's prefix to behind its suffix. */
  matcher(): GrammarMatcher;
}

/**
 * The grammar of one call: one of the functions' names, and parameters that its schema allows.
 * @throws ColloquyError `grammar-unsupported`, `grammar-invalid` when a schema cannot be used
 */
export function callGrammar(
  functions: ChatModelFunctions,
  settings: ChatWrapperSettings,
  model: LanguageModel,
): CallGrammar {
  const rules = new Map<string, GrammarNode>();
  const syntaxes = Object.keys(functions).map((name) => callSyntax(name, settings, model));
  const calls = Object.values(functions).map((definition, index) => {
    const { head, tail } = syntaxes[index]!;
    return sequence(
      ...textNodes(head, model),
      paramsNode(definition, settings, `f${index}-`, rules),
      ...textNodes(tail, model),
    );
  });
  rules.set("root", choice(...calls));
  const compiled = compileGrammar({ root: "root", rules });
  return { syntaxes, matcher: () => compiled.matcher(tokenTrieOf(model)) };
}

function paramsNode(
  { params, paramsDialect: dialect }: ChatModelFunctions[string],
  settings: ChatWrapperSettings,
  prefix: string,
  rules: Map<string, GrammarNode>,
): GrammarNode {
  if (params == null) {
    const { emptyCallParamsPlaceholder: empty } = settings.functions.call;
    return literal(empty === undefined || empty === "" ? "" : jsonDumps(empty));
  }
  const schema: GrammarDefinition = schemaToGrammar(paramsSchema(params, dialect), { dialect });
  for (const [name, node] of schema.rules) rules.set(prefix + name, withPrefixedRules(node, prefix));
  return rule(prefix + schema.root);
}

function withPrefixedRules(node: GrammarNode, prefix: string): GrammarNode {
  switch (node.type) {
    case "rule":
      return rule(prefix + node.name);
    case "sequence":
      return { ...node, items: node.items.map((item) => withPrefixedRules(item, prefix)) };
    case "choice":
      return { ...node, options: node.options.map((option) => withPrefixedRules(option, prefix)) };
    case "repeat":
      return { ...node, item: withPrefixedRules(node.item, prefix) };
    default:
      return node;
  }
}

/** Plain text as text, special tokens as the tokens. */
export function textNodes(text: LlamaText, model: LanguageModel): GrammarNode[] {
  return text.values.flatMap((value): GrammarNode[] => {
    if (typeof value === "string") return [literal(value)];
    return partTokens(value, model).map((token) => {
      const bytes = model.tokenBytes(token);
      return bytes.length === 0 ? { type: "token", token, negated: false } : { type: "bytes", bytes };
    });
  });
}
