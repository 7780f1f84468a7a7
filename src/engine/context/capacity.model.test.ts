import { expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { generate, loadTinyModels } from "../../../test/gguf/loaded-tiny-models.ts";
import type { Token } from "../token.ts";
import type { LlamaContextSequence } from "./llama-context-sequence.ts";

const architectures = ["llama", "gemma3", "mamba", "jamba"] as const;
const { models } = loadTinyModels(architectures);

/**
 * The cache has `contextSize` cells for each sequence, and an edit never holds more than the longer of what is there and
 * what is wanted: cells that wait are the sequence's own. So a decode always finds room, and nobody has to be evicted.
 * And whatever the neighbours do, an exact edit answers as a fresh context does.
 */
test.each([
  ...architectures.map((architecture) => ({ architecture, swaFullCache: false, seed: 21 })),
  ...[15, 21].map((seed) => ({ architecture: "gemma3" as const, swaFullCache: true, seed })),
])(
  "sequences that are full to the last cell, edited, forked and read at once, always find room: %j",
  async ({ architecture, swaFullCache, seed }) => {
    const contextSize = 128;
    const model = models[architecture];
    const context = await model.createContext({ contextSize, sequences: 4, batchSize: 64, swaFullCache });
    const random = seededRandom(seed);
    const below = (end: number) => Math.floor(random() * end);
    const tokens = (count: number): Token[] =>
      Array.from({ length: count }, () => (10 + below(200)) as Token);
    const sequences: LlamaContextSequence[] = Array.from({ length: 4 }, () => context.getSequence());
    const fill = (held: readonly Token[]): Token[] => {
      const start = below(held.length + 1);
      const added = below(3) === 0 ? below(40) : 0;
      const edited = [...held.slice(0, start), ...tokens(added), ...held.slice(start + below(30))];
      return [...edited, ...tokens(contextSize)].slice(0, contextSize);
    };
    const freshLogprob = async (target: readonly Token[]) => {
      const twin = await model.createContext({ contextSize, prefixCacheBytes: 0, swaFullCache });
      const { logprobs } = await generate(twin.getSequence(), target, { logprobs: 1 });
      await twin.dispose();
      return logprobs[0]!.token;
    };
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        sequences.map(async (sequence) => {
          const edit = below(2) === 0 ? "exact" : "shift";
          const target = fill(below(4) === 0 ? sequences[below(4)]!.contextTokens : sequence.contextTokens);
          const reply = await generate(sequence, target, { edit, logprobs: 1 });
          expect(reply.finish).toEqual({ reason: "contextFull" });
          expect(reply.tokens).toHaveLength(1);
          if (edit === "shift") return;
          const difference = reply.logprobs[0]!.token - (await freshLogprob(target));
          expect(Math.abs(difference)).toBeLessThan(0.02);
        }),
      );
      expect(context.stats.heldTokens).toBe(4 * contextSize);
      const which = below(4);
      await sequences[which]!.dispose();
      sequences[which] = await sequences[(which + 1) % 4]!.fork();
    }
    await context.dispose();
  },
);
