import { UnsupportedError } from "../base/errors.ts";
import type { LlamaContextSequence } from "../engine/context/llama-context-sequence.ts";
import { type ContextShiftOptions, shiftSequence } from "../engine/low-level/context-shift.ts";
import {
  type NextInput,
  type SequenceEvaluateOptions,
  samplingOf,
} from "../engine/low-level/evaluate-options.ts";
import type { Token } from "../engine/token.ts";
import type { RemoteContextSequence } from "./remote-context-sequence.ts";

/**
 * Tokens behind what the sequence holds, one after the other: a request until the model ends, the context is full, or
 * others are put in place of a token.
 */
export async function* evaluateRemotely(
  sequence: RemoteContextSequence,
  tokens: readonly Token[],
  options: SequenceEvaluateOptions,
): AsyncGenerator<Token, void, NextInput> {
  const { contextShift, evaluationPriority: priority, grammarEvaluationState: state } = options;
  if (typeof state === "function")
    throw new UnsupportedError(
      "grammarEvaluationState: a function is asked before every token, which local models do alone",
    );
  let input = tokens;
  while (input.length > 0) {
    const target = await withRoom(sequence, input, contextShift);
    const stream = sequence.generate(target, {
      sampling: samplingOf(options),
      grammar: state?.matcher,
      priority,
    });
    const written = [...target];
    input = [];
    try {
      for (;;) {
        const next = await stream.next();
        if (next.done) {
          const { reason, eogToken = sequence.model.tokens.eos } = next.value;
          if (reason === "contextFull") input = written.slice(sequence.nextTokenIndex);
          if (reason !== "eog" || !options.yieldEogToken || eogToken === null) break;
          const given = yield eogToken;
          input = [...written.slice(sequence.nextTokenIndex), ...inputOf(given ?? eogToken)];
          break;
        }
        const given = yield next.value.token;
        if (given !== undefined) {
          input = [...written.slice(sequence.nextTokenIndex), ...inputOf(given)];
          break;
        }
        written.push(next.value.token);
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }
}

/** What the sequence holds and the tokens behind it; a full sequence is shifted. @throws ColloquyError `context-overflow` */
export async function withRoom(
  sequence: RemoteContextSequence,
  tokens: readonly Token[],
  contextShift: ContextShiftOptions = {},
): Promise<Token[]> {
  while (sequence.nextTokenIndex > 0 && sequence.nextTokenIndex + tokens.length > sequence.contextSize)
    // What functions of the options may ask of a sequence to shift it, this one has too.
    await shiftSequence(sequence as unknown as LlamaContextSequence, contextShift);
  return [...sequence.contextTokens, ...tokens];
}

function inputOf(given: Token | readonly Token[]): readonly Token[] {
  return typeof given === "number" ? [given] : given;
}
