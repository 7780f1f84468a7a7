import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { Tokenizer } from "../../engine/token.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import type { LLamaChatContextShiftOptions } from "../generation/options.ts";
import { splitTurns } from "./drop-oldest-turns.ts";
import { countStubbable, mediaStub, stubOldestMedia } from "./stub-oldest-media.ts";

export interface FitHistoryInput {
  readonly history: readonly ChatHistoryItem[];
  /** Tokens that come after the history and must fit as well: what the reply holds so far, and one more. */
  readonly reservedTokens: number;
  readonly contextSize: number;
  readonly options: LLamaChatContextShiftOptions;
  readonly tokenizer: Tokenizer;
  readonly chatWrapper: ChatWrapper;
  /** Length of a rendered history, tokens. */
  countTokens(history: readonly ChatHistoryItem[]): number;
}

export interface FittedHistory {
  readonly history: ChatHistoryItem[];
  readonly metadata: object | null;
}

/**
 * Takes messages out of a history so that it fits, with the shift's room to spare where that is possible.
 * @throws ColloquyError `context-overflow` when even the last turn alone does not fit
 */
export async function fitHistory(input: FitHistoryInput): Promise<FittedHistory> {
  const { contextSize, reservedTokens, options, countTokens } = input;
  const size = await resolveShiftSize(options, contextSize);
  const room = contextSize - reservedTokens;
  const wanted = room - size;
  const strategy = options.strategy ?? "eraseFirstResponseAndKeepFirstSystem";
  if (typeof strategy === "function") {
    const result = await strategy({
      chatHistory: structuredClone([...input.history]),
      maxTokensCount: Math.max(0, wanted),
      tokenizer: input.tokenizer,
      chatWrapper: input.chatWrapper,
      lastShiftMetadata: options.lastEvaluationMetadata ?? null,
    });
    if (!Array.isArray(result?.chatHistory)) {
      throw new InvalidArgumentError("A context shift strategy must return {chatHistory}");
    }
    if (countTokens(result.chatHistory) <= room) {
      return { history: result.chatHistory, metadata: result.metadata ?? null };
    }
  } else if (strategy !== "eraseFirstResponseAndKeepFirstSystem") {
    throw new InvalidArgumentError(`Unknown context shift strategy ${JSON.stringify(strategy)}`);
  }
  return { history: dropOldestTurns(input, wanted, room), metadata: null };
}

/** How many tokens of room a shift makes. */
export async function resolveShiftSize(
  { size }: LLamaChatContextShiftOptions,
  contextSize: number,
): Promise<number> {
  const resolved = typeof size === "function" ? await size({ contextSize }) : size;
  if (resolved === undefined) return Math.max(1, Math.floor(contextSize / 10));
  if (!Number.isFinite(resolved) || resolved < 1 || resolved >= contextSize) {
    throw new InvalidArgumentError(
      `contextShift.size must be from 1 to ${contextSize - 1} tokens, but is ${resolved}`,
    );
  }
  return Math.floor(resolved);
}

function dropOldestTurns(input: FitHistoryInput, wanted: number, room: number): ChatHistoryItem[] {
  const { count, without } = reductionsOf(input.history, input.options);
  // The least to give up, found by bisection: each look renders a history.
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (input.countTokens(without(middle)) <= wanted) high = middle;
    else low = middle + 1;
  }
  const history = without(low);
  const tokens = input.countTokens(history);
  if (tokens <= room) return history;
  throw new ColloquyError(
    "context-overflow",
    `The messages that must stay take ${tokens} tokens, and ${input.reservedTokens} more are needed, ` +
      `but the context holds ${input.contextSize}`,
    { hint: "shorten the prompt or the system prompt, or create a larger context" },
  );
}

/** Histories that are shorter and shorter: first, where that is wanted, with texts for media, then without turns. */
function reductionsOf(
  history: readonly ChatHistoryItem[],
  { media = "leave" }: LLamaChatContextShiftOptions,
): { readonly count: number; without(given: number): ChatHistoryItem[] } {
  const { count: turns, lastTurn, withoutTurns } = splitTurns(history);
  if (media === "leave") return { count: turns, without: withoutTurns };
  const stubOf = media === "stub" ? mediaStub : media;
  const stubs = countStubbable(history, lastTurn);
  const stubbed = splitTurns(stubOldestMedia(history, stubs, stubOf));
  return {
    count: stubs + turns,
    without: (given) =>
      given <= stubs ? stubOldestMedia(history, given, stubOf) : stubbed.withoutTurns(given - stubs),
  };
}
