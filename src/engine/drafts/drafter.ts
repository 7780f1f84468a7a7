import { type DraftPolicy, draftTokensMax } from "./draft-policy.ts";
import { InputLookup } from "./input-lookup.ts";

/** Proposes the next tokens of one reply; a step then checks them all at once. */
export interface Drafter {
  /** Tokens that may come behind the last one, at most `lengthMax`; empty when drafting does not pay now. */
  draft(lengthMax: number): readonly number[];
  /** Tells of a token of the text, prompt or reply. */
  push(token: number): void;
  /** Tells what a step came to: `accepted` of `drafted` tokens were right. */
  report(drafted: number, accepted: number, ms: number): void;
}

/**
 * Drafts by looking the text up in itself, as far as the policy finds that it pays.
 * @param policy outlives the reply: what was learned about this sequence is kept
 */
export function createLookupDrafter(policy: DraftPolicy, prompt: readonly number[]): Drafter {
  const lookup = new InputLookup();
  for (const token of prompt) lookup.push(token);
  return {
    draft(lengthMax) {
      const drafted = lookup.draft(Math.min(lengthMax, draftTokensMax));
      // A negative id stands for media: nothing that a model writes.
      const media = drafted.findIndex((token) => token < 0);
      const found = media === -1 ? drafted : drafted.slice(0, media);
      return found.slice(0, policy.choose(found.length));
    },
    push: (token) => lookup.push(token),
    report(drafted, accepted, ms) {
      if (drafted === 0) policy.reportSingle(ms);
      else policy.reportDraft(drafted, accepted, ms);
    },
  };
}
