import type { LanguageModel } from "../../engine/context-sequence.ts";
import { tokenTrieOf } from "../../engine/token-trie-of.ts";
import { compileGrammar } from "../../grammar/compiled-grammar.ts";
import { anyCharacter, choice, repeat, sequence } from "../../grammar/ir.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { ChatWrapperSettings } from "../../template/chat-wrapper-settings.ts";
import { callOpeners } from "../response/reply-patterns.ts";
import { textNodes } from "./call-grammar.ts";
import { EitherMatcher } from "./either-matcher.ts";

/**
 * Holds a response to a grammar, unless it begins with a call: its second grammar is what a call begins with. From there
 * on the call's own grammar takes over, so that what it allows afterwards does not matter.
 */
export function answerOrCall(
  answer: GrammarMatcher,
  settings: ChatWrapperSettings,
  model: LanguageModel,
): EitherMatcher {
  const openers = callOpeners(settings).flatMap((opener) => [opener, opener.trimStart()]);
  if (openers.length === 0) return new EitherMatcher(answer, undefined);
  const opened = sequence(
    choice(...openers.map((opener) => sequence(...textNodes(opener, model)))),
    repeat(anyCharacter(), 0),
  );
  const calls = compileGrammar({ root: "root", rules: new Map([["root", opened]]) });
  return new EitherMatcher(answer, calls.matcher(tokenTrieOf(model)));
}
