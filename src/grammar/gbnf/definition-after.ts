import { choice, EMPTY, type GrammarDefinition, type GrammarNode, NEVER, sequence } from "../ir.ts";

/** One token of a text that was accepted: its id and what it stands for; control tokens stand for no bytes. */
export interface AcceptedToken {
  readonly token: number;
  readonly bytes: Uint8Array;
}

/** The largest rest that is worth sending somewhere, nodes. */
const nodesMax = 50_000;
/** Nodes looked at and made for one rest: about a second. Nested repetitions double with every character. */
const stepsMax = 2_000_000;
/** Characters of an option's key that cost as much as a node. */
const keyCharactersPerStep = 16;

/**
 * What is left to match of a grammar after some tokens: the derivative of a grammar, character by character
 * (Brzozowski 1964, extended to rules, which cannot be left-recursive here). `undefined` where the tokens end inside a
 * character, where the rest is too large or takes too long to find, and for grammars that name tokens by text, whose ids are not known here.
 */
export function definitionAfter(
  definition: GrammarDefinition,
  accepted: readonly AcceptedToken[],
): GrammarDefinition | undefined {
  if (accepted.length === 0) return definition;
  const derive = new Derivation(definition.rules);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const hasTokens = namesTokens(definition);
  if (hasTokens === "by text") return undefined;
  let state: GrammarNode = { type: "rule", name: definition.root };
  let text = "";
  try {
    for (const { token, bytes } of accepted) {
      const before = state;
      if (bytes.length > 0) text = decoder.decode(bytes, { stream: true });
      else text = "";
      state = bytes.length > 0 ? derive.afterText(state, text) : NEVER;
      if (hasTokens) state = derive.either([state, derive.after(before, { token })]);
      if (sizeOf(state) > nodesMax) return undefined;
    }
    decoder.decode();
  } catch {
    return undefined;
  }
  const rules = new Map(definition.rules);
  const root = `${definition.root} after`;
  rules.set(root, state);
  return { root, rules };
}

type Step = { readonly code: number } | { readonly token: number };

class Derivation {
  readonly #rules: ReadonlyMap<string, GrammarNode>;
  readonly #nullable = new Map<string, boolean>();
  #steps = 0;

  constructor(rules: ReadonlyMap<string, GrammarNode>) {
    this.#rules = rules;
  }

  afterText(node: GrammarNode, text: string): GrammarNode {
    let state = node;
    for (const character of text) state = this.after(state, { code: character.codePointAt(0)! });
    return state;
  }

  /** @throws Error when this takes too long, all calls together */
  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > stepsMax) throw new Error("The rest of the grammar takes too long to find");
  }

  after(node: GrammarNode, step: Step): GrammarNode {
    this.#spend(1);
    switch (node.type) {
      case "literal":
        return afterLiteral(node.text, step);
      case "bytes":
        return afterLiteral(
          new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(node.bytes),
          step,
        );
      case "characters": {
        if (!("code" in step)) return NEVER;
        const inside = node.ranges.some(([first, last]) => first <= step.code && step.code <= last);
        return inside === node.negated ? NEVER : EMPTY;
      }
      case "token":
        return "token" in step && (node.token === step.token) !== node.negated ? EMPTY : NEVER;
      case "rule":
        return this.after(this.#rule(node.name), step);
      case "choice":
        return this.either(node.options.map((option) => this.after(option, step)));
      case "sequence":
        return this.#afterSequence(node.items, step);
      case "repeat": {
        const { item, min, max } = node;
        if (max === 0) return NEVER;
        const least = this.#isNullable(item) ? 0 : Math.max(0, min - 1);
        const rest: GrammarNode = {
          type: "repeat",
          item,
          min: least,
          max: max === undefined ? max : max - 1,
        };
        return this.#both(this.after(item, step), rest.max === 0 ? EMPTY : rest);
      }
    }
  }

  #afterSequence(items: readonly GrammarNode[], step: Step): GrammarNode {
    const options: GrammarNode[] = [];
    for (const [index, item] of items.entries()) {
      options.push(this.#both(this.after(item, step), sequence(...items.slice(index + 1))));
      if (!this.#isNullable(item)) break;
    }
    return this.either(options);
  }

  #both(first: GrammarNode, second: GrammarNode): GrammarNode {
    if (isNever(first)) return NEVER;
    const items = [first, second]
      .flatMap((node) => (node.type === "sequence" ? node.items : [node]))
      .filter((node) => !isEmpty(node));
    this.#spend(items.length);
    return items.length === 0 ? EMPTY : sequence(...items);
  }

  /** Options that are alike are one: without that, the rest of an ambiguous grammar doubles with every character. */
  either(nodes: readonly GrammarNode[]): GrammarNode {
    const options = new Map<string, GrammarNode>();
    for (const node of nodes)
      for (const option of node.type === "choice" ? node.options : [node]) {
        const key = keyOf(option);
        this.#spend(key.length / keyCharactersPerStep);
        options.set(key, option);
      }
    return choice(...options.values());
  }

  #rule(name: string): GrammarNode {
    return this.#rules.get(name) ?? NEVER;
  }

  #isNullable(node: GrammarNode): boolean {
    switch (node.type) {
      case "literal":
        return node.text === "";
      case "bytes":
        return node.bytes.length === 0;
      case "characters":
      case "token":
        return false;
      case "choice":
        return node.options.some((option) => this.#isNullable(option));
      case "sequence":
        return node.items.every((item) => this.#isNullable(item));
      case "repeat":
        return node.min === 0 || this.#isNullable(node.item);
      case "rule": {
        const known = this.#nullable.get(node.name);
        if (known !== undefined) return known;
        this.#nullable.set(node.name, false);
        const isNullable = this.#isNullable(this.#rule(node.name));
        this.#nullable.set(node.name, isNullable);
        return isNullable;
      }
    }
  }
}

function afterLiteral(text: string, step: Step): GrammarNode {
  if (!("code" in step) || text.codePointAt(0) !== step.code) return NEVER;
  return { type: "literal", text: text.slice(step.code > 0xffff ? 2 : 1) };
}

const isNever = (node: GrammarNode) => node.type === "choice" && node.options.length === 0;
const isEmpty = (node: GrammarNode) =>
  (node.type === "sequence" && node.items.length === 0) || (node.type === "literal" && node.text === "");

function keyOf(node: GrammarNode): string {
  return isEmpty(node)
    ? ""
    : JSON.stringify(node, (_, value) => (value instanceof Uint8Array ? [...value] : value));
}

function sizeOf(node: GrammarNode): number {
  if (node.type === "choice") return node.options.reduce((sum, option) => sum + sizeOf(option), 1);
  if (node.type === "sequence") return node.items.reduce((sum, item) => sum + sizeOf(item), 1);
  return node.type === "repeat" ? 1 + sizeOf(node.item) : 1;
}

function namesTokens({ rules }: GrammarDefinition): boolean | "by text" {
  let found = false;
  const visit = (node: GrammarNode): boolean => {
    if (node.type === "token") {
      found = true;
      return typeof node.token === "string";
    }
    if (node.type === "choice") return node.options.some(visit);
    if (node.type === "sequence") return node.items.some(visit);
    return node.type === "repeat" && visit(node.item);
  };
  return [...rules.values()].some(visit) ? "by text" : found;
}
