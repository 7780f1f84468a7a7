import { expect, it } from "vitest";
import type { GrammarVocabulary } from "./vocabulary.ts";

/**
 * A vocabulary of these texts, of which the first is the end token; `tokenize` takes the longest token each time.
 */
export function textVocabulary(texts: readonly string[]): GrammarVocabulary {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  return {
    size: texts.length,
    tokenBytes: (id) => encoded[id]!,
    endTokens: [0],
    tokenize: (text) => {
      const tokens: number[] = [];
      for (let at = 0; at < text.length; ) {
        let best = -1;
        for (let id = 1; id < texts.length; id++)
          if (texts[id]!.length > (texts[best]?.length ?? 0) && text.startsWith(texts[id]!, at)) best = id;
        if (best < 0) throw new Error(`No token for ${JSON.stringify(text.slice(at))}`);
        tokens.push(best);
        at += texts[best]!.length;
      }
      return tokens;
    },
  };
}

it("tokenizes greedily", () => {
  expect(textVocabulary(["", "a", "ab", "c"]).tokenize("abac")).toEqual([2, 1, 3]);
});
