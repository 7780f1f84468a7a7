import { choice, EMPTY, type GrammarDefinition, type GrammarNode, NEVER } from "../ir.ts";

/**
 * Removes everything that can never be finished (a rule that always needs itself again, an option with no texts)
 * and every rule that is then out of reach, so that no walk of the grammar can run into a dead end.
 * Linear in the size of the grammar times the depth of its rules.
 *
 * @returns `undefined` when the root matches no text at all
 */
export function pruneGrammar(definition: GrammarDefinition): GrammarDefinition | undefined {
  const productive = findProductive(definition.rules);
  if (!productive.has(definition.root)) return undefined;
  const rules = new Map<string, GrammarNode>();
  const pending = [definition.root];
  while (pending.length > 0) {
    const name = pending.pop()!;
    if (rules.has(name)) continue;
    rules.set(name, prune(definition.rules.get(name)!, productive, pending));
  }
  return { root: definition.root, rules };
}

function findProductive(rules: ReadonlyMap<string, GrammarNode>): Set<string> {
  const productive = new Set<string>();
  const users = new Map<string, Set<string>>();
  for (const [name, node] of rules) {
    for (const used of usedRules(node, new Set())) {
      const list = users.get(used) ?? new Set();
      users.set(used, list.add(name));
    }
  }
  const pending = [...rules.keys()];
  while (pending.length > 0) {
    const name = pending.pop()!;
    if (productive.has(name) || !isProductive(rules.get(name)!, productive)) continue;
    productive.add(name);
    pending.push(...(users.get(name) ?? []));
  }
  return productive;
}

function usedRules(node: GrammarNode, found: Set<string>): Set<string> {
  if (node.type === "rule") found.add(node.name);
  else if (node.type === "sequence") for (const item of node.items) usedRules(item, found);
  else if (node.type === "choice") for (const option of node.options) usedRules(option, found);
  else if (node.type === "repeat") usedRules(node.item, found);
  return found;
}

function isProductive(node: GrammarNode, productive: ReadonlySet<string>): boolean {
  switch (node.type) {
    case "rule":
      return productive.has(node.name);
    case "sequence":
      return node.items.every((item) => isProductive(item, productive));
    case "choice":
      return node.options.some((option) => isProductive(option, productive));
    case "repeat":
      return node.min === 0 || isProductive(node.item, productive);
    default:
      return true;
  }
}

function prune(node: GrammarNode, productive: ReadonlySet<string>, reached: string[]): GrammarNode {
  switch (node.type) {
    case "rule":
      reached.push(node.name);
      return node;
    case "sequence":
      return { type: "sequence", items: node.items.map((item) => prune(item, productive, reached)) };
    case "choice": {
      const kept = node.options.filter((option) => isProductive(option, productive));
      return kept.length === 0 ? NEVER : choice(...kept.map((option) => prune(option, productive, reached)));
    }
    case "repeat":
      if (!isProductive(node.item, productive)) return EMPTY;
      return { ...node, item: prune(node.item, productive, reached) };
    default:
      return node;
  }
}
