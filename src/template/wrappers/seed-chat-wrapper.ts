import { seedFormat } from "../formats/seed.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** ByteDance Seed-OSS. */
export class SeedChatWrapper extends FormatChatWrapper {
  readonly thinkingBudget: number | null;

  /** @param options `thinkingBudget`: tokens the model may think; 0 none, `null` as many as it likes. Default `null`. */
  constructor({ thinkingBudget = null }: { thinkingBudget?: number | null } = {}) {
    super(seedFormat({ thinkingBudget }));
    this.thinkingBudget = thinkingBudget;
  }
}
