import type { CompiledGrammar, GrammarMatcher, TokenTrie } from "../../../src/grammar/index.ts";
import type { Draw } from "./draw.ts";
import type { PrefixTwin } from "./prefix-twin.ts";

/** Something that must never happen. */
export class Finding extends Error {
  override readonly name = "Finding";
}

/** What a walk did. */
export interface Walk {
  readonly bytes: Uint8Array;
  /** It came to an end token. */
  readonly ended: boolean;
  /** The text may end here. */
  readonly canEnd: boolean;
  /** Masks that were compared token by token. */
  readonly masks: number;
  /** Of these, masks that the slow twin confirmed as well. */
  readonly twins: number;
}

/** What {@link walkGrammar} needs. */
export interface WalkSetup {
  readonly grammar: CompiledGrammar;
  /** `undefined`: the grammar is too large to be held against it. */
  readonly twin: PrefixTwin | undefined;
  readonly trie: TokenTrie;
  readonly draw: Draw;
  /** Called before every call of the engine, with the time that is allowed for what follows. */
  readonly beforeCall: () => void;
  /** `performance.now()` at which the walk is broken off. */
  readonly until: number;
}

/** Tokens of one mask that the twin is asked about. */
const TWIN_TOKENS = 24;
const STEPS_MAX = 80;
/** After so many steps the walk makes for the end. */
const STEPS_FREE = 16;

/** Goes along random tokens that the mask allows, and compares masks on the way. */
export function walkGrammar(setup: WalkSetup): Walk {
  const { grammar, twin, trie, draw, beforeCall, until } = setup;
  const matcher = grammar.matcher(trie);
  const text: number[] = [];
  let [masks, twins, ended] = [0, 0, false];
  for (let step = 0; step < STEPS_MAX && performance.now() < until; step++) {
    beforeCall();
    const { words, count } = matcher.mask();
    const allowed = allowedIds(words, trie.vocabulary.size);
    if (allowed.length !== count) throw new Finding(`the mask counts ${count}, not ${allowed.length}`);
    if (step < STEPS_FREE || draw.chance(0.1)) {
      if (!compareAllows(matcher, words, setup, text)) break;
      masks++;
      if (
        twin !== undefined &&
        text.length < 40 &&
        draw.chance(0.15) &&
        agreesWithTwin(twin, matcher, words, setup, text)
      )
        twins++;
    }
    if (allowed.length === 0) throw new Finding(`a dead end after ${show(text)}`);
    const token = chooseToken(allowed, trie, draw, step);
    beforeCall();
    checkForced(matcher, allowed, trie, text);
    matcher.accept(token);
    if (trie.vocabulary.endTokens.includes(token)) {
      ended = true;
      break;
    }
    text.push(...trie.vocabulary.tokenBytes(token));
  }
  // What engines elsewhere would be sent: here it only has to come to an end.
  beforeCall();
  if (draw.chance(0.2)) matcher.rest?.();
  return { bytes: Uint8Array.from(text), ended, canEnd: matcher.canEnd, masks, twins };
}

function allowedIds(words: Uint32Array, size: number): number[] {
  const ids: number[] = [];
  for (let id = 0; id < size; id++) if (isSet(words, id)) ids.push(id);
  return ids;
}

function isSet(words: Uint32Array, id: number): boolean {
  return (words[id >>> 5]! & (1 << (id & 31))) !== 0;
}

function show(text: readonly number[]): string {
  return JSON.stringify(Buffer.from(text).toString());
}

/** Whether there was time to look at every token. */
function compareAllows(
  matcher: GrammarMatcher,
  words: Uint32Array,
  { trie, beforeCall, until }: WalkSetup,
  text: readonly number[],
): boolean {
  for (let id = 0; id < trie.vocabulary.size; id++) {
    if (id % 32 === 0) beforeCall();
    if (performance.now() > until) return false;
    if (matcher.allows(id) !== isSet(words, id))
      throw new Finding(`token ${id} after ${show(text)}: the mask says ${isSet(words, id)}`);
  }
  return true;
}

function agreesWithTwin(
  twin: PrefixTwin,
  matcher: GrammarMatcher,
  words: Uint32Array,
  { trie: { vocabulary }, draw }: WalkSetup,
  text: readonly number[],
): boolean {
  const here = twin.read(Uint8Array.from(text));
  if (here === undefined) return false;
  if (here.complete !== matcher.canEnd)
    throw new Finding(`after ${show(text)} the text may ${matcher.canEnd ? "" : "not "}end`);
  const allowed = allowedIds(words, vocabulary.size);
  for (let count = 0; count < TWIN_TOKENS; count++) {
    const id = draw.chance(0.4) && allowed.length > 0 ? draw.pick(allowed) : draw.below(vocabulary.size);
    const bytes = vocabulary.tokenBytes(id);
    if (bytes.length === 0 || vocabulary.endTokens.includes(id)) continue;
    const expected = twin.read(Uint8Array.from([...text, ...bytes]));
    if (expected === undefined) return false;
    if (expected.viable !== isSet(words, id))
      throw new Finding(
        `token ${show([...bytes])} after ${show(text)}: the mask says ${isSet(words, id)}, the twin does not`,
      );
  }
  return true;
}

/** What is forced must be all that fits: the text goes on with these bytes or not at all. */
function checkForced(
  matcher: GrammarMatcher,
  allowed: readonly number[],
  { vocabulary }: TokenTrie,
  text: readonly number[],
): void {
  const forced = matcher.forced().flatMap((id) => [...vocabulary.tokenBytes(id)]);
  if (forced.length === 0) return;
  for (const id of allowed) {
    const bytes = vocabulary.tokenBytes(id);
    const length = Math.min(bytes.length, forced.length);
    for (let at = 0; at < length; at++)
      if (bytes[at] !== forced[at])
        throw new Finding(`${show(forced)} is forced after ${show(text)}, but token ${id} is allowed`);
    if (length === 0) throw new Finding(`text is forced after ${show(text)}, but token ${id} is allowed`);
  }
}

/** Any token at first; then mostly short ones that close something, so that texts come to their end. */
function chooseToken(
  allowed: readonly number[],
  { vocabulary }: TokenTrie,
  draw: Draw,
  step: number,
): number {
  const ends = vocabulary.endTokens.filter((id) => allowed.includes(id));
  if (ends.length > 0 && draw.chance(step < STEPS_FREE ? 0.15 : 0.9)) return ends[0]!;
  if (step >= STEPS_FREE || draw.chance(0.3)) {
    const closing = allowed.filter((id) =>
      /^["\]}){0,1]$/.test(String.fromCharCode(...vocabulary.tokenBytes(id))),
    );
    if (closing.length > 0 && draw.chance(0.9)) return draw.pick(closing);
  }
  return draw.pick(allowed);
}
