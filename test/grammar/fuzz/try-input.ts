import { ColloquyError } from "../../../src/base/errors.ts";
import { compileGrammar, type GrammarNode, type TokenTrie } from "../../../src/grammar/index.ts";
import type { Draw } from "./draw.ts";
import type { Front } from "./fronts.ts";
import type { Phase } from "./input-log.ts";
import { PrefixTwin } from "./prefix-twin.ts";
import { Finding, walkGrammar } from "./walk-grammar.ts";

/** What one input came to. */
export interface Trial {
  /** The code of the error with which it was refused. */
  readonly refused?: string;
  /** The walk was ended by this code. */
  readonly stopped?: string;
  readonly walks: number;
  readonly masks: number;
  readonly twins: number;
  readonly texts: number;
  readonly samples: number;
}

/** How long the walks of one input go on; a single call may take longer, which is for the watcher to see. */
const WALKS_MS = 500;
const WALKS = 3;
const TWIN_RULES_MAX = 300;
const CODES = /^grammar-(invalid|unsupported|limit|mismatch)$/;

/**
 * Tries one input in every way. `enter` is told before each call what is being asked: the engine, or somebody else.
 * @throws Finding for everything that must not happen
 */
export function tryInput(
  front: Front,
  input: unknown,
  trie: TokenTrie,
  draw: Draw,
  enter: (phase: Phase) => void,
): Trial {
  let [walks, masks, twins, texts, samples] = [0, 0, 0, 0, 0];
  let isRead = false;
  try {
    enter("engine");
    const definition = front.read(input);
    const grammar = compileGrammar(definition);
    grammar.matcher(trie);
    isRead = true;
    // A text alone does not tell which tokens it came from.
    const namesTokens = [...definition.rules.values()].some(hasToken);
    const setup = {
      grammar,
      twin: definition.rules.size > TWIN_RULES_MAX ? undefined : new PrefixTwin(definition),
      trie,
      draw,
      beforeCall: () => enter("engine"),
      until: performance.now() + WALKS_MS,
    };
    while (walks < WALKS && performance.now() < setup.until) {
      const walk = walkGrammar(setup);
      walks++;
      masks += walk.masks;
      twins += walk.twins;
      const text = Buffer.from(walk.bytes).toString();
      enter("oracle");
      if (!walk.ended && !walk.canEnd) front.judgeBeginning?.(input, text);
      if (!walk.ended) continue;
      texts++;
      front.judge(input, text);
      if (namesTokens) continue;
      enter("engine");
      if (!grammar.matches(walk.bytes))
        throw new Finding(`${JSON.stringify(text)} was walked but does not match`);
    }
    for (const [text, matches] of front.samples?.(input, draw) ?? []) {
      samples++;
      enter("engine");
      if (grammar.matches(text) !== matches)
        throw new Finding(`${JSON.stringify(text)} should ${matches ? "" : "not "}match`);
      enter("oracle");
    }
  } catch (error) {
    if (!(error instanceof ColloquyError) || !CODES.test(error.code)) throw error;
    if (isRead && error.code !== "grammar-limit") throw error;
    return { [isRead ? "stopped" : "refused"]: error.code, walks, masks, twins, texts, samples };
  }
  return { walks, masks, twins, texts, samples };
}

function hasToken(node: GrammarNode): boolean {
  if (node.type === "token") return true;
  if (node.type === "choice") return node.options.some(hasToken);
  if (node.type === "sequence") return node.items.some(hasToken);
  return node.type === "repeat" && hasToken(node.item);
}
