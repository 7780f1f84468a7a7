import { InvalidArgumentError } from "../../base/errors.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { LanguageModel } from "../context-sequence.ts";
import type { SequenceGrammar } from "../sequence-grammar.ts";

export interface LlamaGrammarEvaluationStateOptions {
  model: LanguageModel;
  grammar: SequenceGrammar;
}

/**
 * How far one reply has come in a grammar. Make a new one for every reply that `sequence.evaluate()` generates; chat
 * sessions do that by themselves.
 *
 * @example
 * const grammarEvaluationState = new LlamaGrammarEvaluationState({ model, grammar });
 * for await (const token of sequence.evaluate(tokens, { grammarEvaluationState })) …
 */
export class LlamaGrammarEvaluationState {
  /** @internal */
  readonly matcher: GrammarMatcher;

  /** @throws InvalidArgumentError */
  constructor(from: LlamaGrammarEvaluationStateOptions | LlamaGrammarEvaluationState) {
    if (from instanceof LlamaGrammarEvaluationState) this.matcher = from.matcher.clone();
    else if (typeof from?.grammar?.matcher === "function" && from.model !== undefined)
      this.matcher = from.grammar.matcher(from.model);
    else
      throw new InvalidArgumentError("LlamaGrammarEvaluationState takes {model, grammar} or another state");
  }

  /** An independent state at the same place. */
  clone(): LlamaGrammarEvaluationState {
    return new LlamaGrammarEvaluationState(this);
  }
}
