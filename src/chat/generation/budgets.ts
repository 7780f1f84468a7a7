import type { Tokenizer } from "../../engine/token.ts";
import type { ChatModelSegmentType } from "../../template/chat-history-items.ts";
import type { ResponseItem } from "../response/response-builder.ts";
import type { LLamaChatGenerateResponseOptions } from "./options.ts";

export type SegmentBudgets = Readonly<Record<ChatModelSegmentType, number>>;

/** How many tokens each kind of segment may still take. */
export function resolveBudgets(
  budgets: LLamaChatGenerateResponseOptions["budgets"],
  contextSize: number,
  before: readonly ResponseItem[],
  tokenizer: Tokenizer,
): SegmentBudgets {
  const share = Math.floor(contextSize < 8192 ? contextSize * 0.5 : contextSize * 0.75);
  const left = (type: ChatModelSegmentType, budget: number | undefined) => {
    if (budget === Number.POSITIVE_INFINITY) return budget;
    const used = budgets?.includeCurrentResponse === false ? 0 : segmentTokens(type, before, tokenizer);
    return Math.max(0, (budget ?? share) - used);
  };
  return {
    thought: left("thought", budgets?.thoughtTokens),
    comment: left("comment", budgets?.commentTokens),
  };
}

function segmentTokens(
  type: ChatModelSegmentType,
  items: readonly ResponseItem[],
  tokenizer: Tokenizer,
): number {
  let count = 0;
  for (const item of items) {
    if (typeof item === "object" && item.type === "segment" && item.segmentType === type) {
      count += tokenizer(item.text, false, "trimLeadingSpace").length;
    }
  }
  return count;
}
