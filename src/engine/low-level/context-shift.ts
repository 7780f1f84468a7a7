import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { LogitRows } from "../context/continue-sequence.ts";
import type { LlamaContextSequence } from "../context/llama-context-sequence.ts";
import type { EvaluationPriority } from "../context-sequence.ts";
import type { Token } from "../token.ts";
import type { ContextTokensDeleteRange } from "./token-ranges.ts";

/** What leaves a sequence that is full, when tokens are evaluated one list after the other. */
export interface ContextShiftOptions {
  /** Tokens to make room for. Default: 100, at most half of the context. */
  size?: number | ((sequence: LlamaContextSequence) => number | Promise<number>);
  /**
   * `"eraseBeginning"` (default) erases the oldest tokens but a BOS token; a function says what to erase. When it erases
   * nothing, the oldest go.
   */
  strategy?:
    | "eraseBeginning"
    | ((options: {
        sequence: LlamaContextSequence;
        size: number;
      }) => readonly ContextTokensDeleteRange[] | Promise<readonly ContextTokensDeleteRange[]>);
}

/** How tokens are put behind what a sequence holds. */
export interface AppendOptions {
  readonly priority: EvaluationPriority;
  readonly contextShift: ContextShiftOptions;
}

/**
 * Evaluates tokens behind what the sequence holds, as many at a time as there is room for; a full sequence is shifted.
 * The logits after the last `outputs` of them are read together.
 * @throws ColloquyError `context-overflow` when the shift makes no room
 */
export async function appendShifting(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  outputs: number,
  options: AppendOptions,
  onLogits: (rows: LogitRows) => void,
): Promise<void> {
  let rest = tokens;
  while (rest.length > 0) {
    const free = sequence.contextSize - sequence.nextTokenIndex;
    const plain = rest.length - outputs;
    if (rest.length <= free) return sequence.appendTokens(rest, outputs, options.priority, onLogits);
    if (free > 0 && plain > 0) {
      const count = Math.min(free, plain);
      await sequence.appendTokens(rest.slice(0, count), 0, options.priority, () => {});
      rest = rest.slice(count);
    } else await shiftSequence(sequence, options.contextShift);
  }
}

/** Makes room in a full sequence. @throws ColloquyError `context-overflow` when that makes none */
export async function shiftSequence(
  sequence: LlamaContextSequence,
  options: ContextShiftOptions,
): Promise<void> {
  const held = sequence.nextTokenIndex;
  const { strategy = "eraseBeginning" } = options;
  const size = await resolveSize(sequence, options.size);
  if (typeof strategy === "function")
    await sequence.eraseContextTokenRanges(await strategy({ sequence, size }));
  else if (strategy !== "eraseBeginning")
    throw new InvalidArgumentError(
      `contextShift.strategy must be "eraseBeginning" or a function, not ${String(strategy)}`,
    );
  if (sequence.nextTokenIndex >= held) await eraseBeginning(sequence, size);
  if (sequence.nextTokenIndex >= held)
    throw new ColloquyError(
      "context-overflow",
      `The context of ${held} tokens is full and could not be shifted`,
    );
}

function eraseBeginning(sequence: LlamaContextSequence, size: number): Promise<void> {
  const { bos } = sequence.model.tokens;
  const start = bos !== null && sequence.contextTokens[0] === bos ? 1 : 0;
  return sequence.eraseContextTokenRanges([{ start, end: start + size }]);
}

async function resolveSize(
  sequence: LlamaContextSequence,
  size: ContextShiftOptions["size"],
): Promise<number> {
  const value = typeof size === "function" ? await size(sequence) : size;
  if (value === undefined) return Math.min(100, Math.ceil(sequence.contextSize / 2));
  if (typeof value !== "number" || Number.isNaN(value))
    throw new InvalidArgumentError(`contextShift.size must be a number of tokens, not ${String(value)}`);
  return Math.max(1, Math.min(Math.floor(value), sequence.nextTokenIndex));
}
