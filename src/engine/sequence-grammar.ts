import type { GrammarMatcher } from "../grammar/matcher.ts";
import type { LanguageModel } from "./context-sequence.ts";
import type { Token } from "./token.ts";

/**
 * A text that stops a generation when it appears: plain text, a list of texts and tokens that follow each other,
 * or a text with special tokens (anything with `values`, such as a `LlamaText`).
 */
export type StopTrigger = string | readonly (string | Token)[] | { readonly values: readonly unknown[] };

/** A grammar that a reply can be held to, whatever it was made from. */
export interface SequenceGrammar {
  /** A fresh walk of the grammar over the vocabulary of `model`. */
  matcher(model: LanguageModel): GrammarMatcher;
  /** Texts that end the reply although the grammar would allow more. Default: none. */
  readonly stopGenerationTriggers?: readonly StopTrigger[];
  /** Drop white space at the end of the reply. Default `false`. */
  readonly trimWhitespaceSuffix?: boolean;
}
