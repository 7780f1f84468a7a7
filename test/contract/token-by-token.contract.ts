import { describe, expect, test } from "vitest";
import type { LlamaContextSequence } from "../../src/engine/context/llama-context-sequence.ts";
import { LlamaGrammarEvaluationState } from "../../src/engine/low-level/llama-grammar-evaluation-state.ts";
import type { Token } from "../../src/engine/token.ts";
import { tokenTrieOf } from "../../src/engine/token-trie-of.ts";
import { compileGrammar } from "../../src/grammar/compiled-grammar.ts";
import { parseGbnf } from "../../src/grammar/gbnf/parse-gbnf.ts";
import type { RemoteContextSequence } from "../../src/remote/remote-context-sequence.ts";
import { generateAll } from "./context-sequence.contract.ts";

type Sequence = LlamaContextSequence | RemoteContextSequence;

export interface TokenByTokenSubject {
  /** A sequence that holds nothing, of 256 tokens, in a context with room for another one. */
  create(): Promise<Sequence>;
}

async function take(sequence: Sequence, tokens: readonly Token[], count: number, options = {}) {
  const taken: Token[] = [];
  for await (const token of sequence.evaluate(tokens, options)) {
    taken.push(token);
    if (taken.length === count) break;
  }
  return taken;
}

type Clause = readonly [name: string, holds: (sequence: Sequence, prompt: Token[]) => Promise<void>];

const clauses: readonly Clause[] = [
  [
    "evaluate() writes what generate() does, behind what the sequence holds",
    async (sequence, prompt) => {
      const { tokens } = await generateAll(sequence, prompt, { maxTokens: 8 });
      await sequence.clearHistory();
      await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, 2));
      expect(sequence.contextTokens).toEqual(prompt.slice(0, 2));
      expect(await take(sequence, prompt.slice(2), 8)).toEqual(tokens);
      expect(sequence.contextTokens).toEqual([...prompt, ...tokens.slice(0, -1)]);
      expect(sequence.nextTokenIndex).toBe(prompt.length + 7);
    },
  ],
  [
    "other tokens take the place of the one that was yielded",
    async (sequence, prompt) => {
      const other = sequence.model.tokenize(" and the");
      const stream = sequence.evaluate(prompt);
      const first = (await stream.next()).value as Token;
      const second = (await stream.next()).value as Token;
      await stream.next(other);
      await stream.return();
      expect(sequence.contextTokens).toEqual([...prompt, first, ...other]);
      expect(sequence.contextTokens).not.toEqual([...prompt, first, second]);
    },
  ],
  [
    "a grammar's state holds the tokens, and the end is yielded where it is asked for",
    async (sequence, prompt) => {
      const compiled = compileGrammar(parseGbnf('root ::= "abc" [0-9]'));
      const grammar = { matcher: (model: Sequence["model"]) => compiled.matcher(tokenTrieOf(model)) };
      for (const yieldEogToken of [false, true]) {
        const state = new LlamaGrammarEvaluationState({ model: sequence.model, grammar: grammar as never });
        const tokens = await take(sequence, prompt, 20, { grammarEvaluationState: state, yieldEogToken });
        if (yieldEogToken) expect(sequence.model.isEogToken(tokens.pop())).toBe(true);
        expect(sequence.model.detokenize(tokens)).toMatch(/^abc\d$/);
        await sequence.clearHistory();
      }
    },
  ],
  [
    "tokens are compared, adapted and erased",
    async (sequence, prompt) => {
      await sequence.evaluateWithoutGeneratingNewTokens(prompt);
      expect(sequence.compareContextTokens(prompt)).toEqual({ firstDifferentIndex: prompt.length });
      const [other] = sequence.model.tokenize("zzz");
      const edited = [...prompt.slice(0, 3), other!, ...prompt.slice(4)];
      expect(sequence.compareContextTokens(edited)).toEqual({ firstDifferentIndex: 3 });
      await sequence.eraseContextTokenRanges([{ start: 1, end: 2 }]);
      const left = [...prompt.slice(0, 1), ...prompt.slice(2)];
      expect(sequence.contextTokens).toEqual(left);
      await sequence.adaptStateToTokens([...left.slice(0, 2), other!], false);
      expect(sequence.contextTokens).toEqual(left.slice(0, 2));
      await expect(sequence.eraseContextTokenRanges([{ start: -1, end: 2 }])).rejects.toMatchObject({
        code: "invalid-argument",
      });
    },
  ],
  [
    "a fork holds the same and goes its own way",
    async (sequence, prompt) => {
      const { tokens } = await generateAll(sequence, prompt, { maxTokens: 5 });
      const copy = await sequence.fork();
      expect(copy.contextTokens).toEqual(sequence.contextTokens);
      await copy.clearHistory();
      expect(sequence.contextTokens).toHaveLength(prompt.length + 4);
      expect((await generateAll(copy, prompt, { maxTokens: 5 })).tokens).toEqual(tokens);
      await copy.dispose();
    },
  ],
  [
    "a full sequence is shifted",
    async (sequence, prompt) => {
      const [filler] = sequence.model.tokenize(" a");
      const filled = [...prompt, ...Array<Token>(sequence.contextSize - prompt.length - 2).fill(filler!)];
      // The end of a text is forbidden, so that there is always one more token.
      const tokenBias = new Map<Token, number>();
      for (let id = 0; id < sequence.model.vocabularySize; id++)
        if (sequence.model.isEogToken(id as Token)) tokenBias.set(id as Token, Number.NEGATIVE_INFINITY);
      const tokens = await take(sequence, filled, 6, { tokenBias, contextShift: { size: 50 } });
      expect(tokens).toHaveLength(6);
      expect(sequence.nextTokenIndex).toBeLessThan(sequence.contextSize - 20);
      expect(sequence.contextTokens.slice(-5)).toEqual(tokens.slice(0, 5));
    },
  ],
  [
    "what it keeps to go back is told",
    async (sequence, prompt) => {
      await sequence.evaluateWithoutGeneratingNewTokens(prompt);
      await sequence.takeCheckpoint();
      const { needsCheckpoints, lastCheckpointIndex, checkpointsMemoryUsage } = sequence;
      expect({ needsCheckpoints, lastCheckpointIndex, checkpointsMemoryUsage }).toEqual({
        needsCheckpoints: false,
        lastCheckpointIndex: 0,
        checkpointsMemoryUsage: 0,
      });
      expect(sequence.stateCellsStartIndex).toBe(0);
      expect(sequence.isLoadedToMemory).toBe(true);
    },
  ],
];

/** What a sequence offers beside `generate()`: tokens put behind what it holds. */
export function describeTokenByToken(name: string, subject: TokenByTokenSubject): void {
  describe(`a sequence token by token: ${name}`, () => {
    test.each(clauses)("%s", async (_, holds) => {
      const sequence = await subject.create();
      try {
        await holds(sequence, sequence.model.tokenize("The capital of France is"));
      } finally {
        await sequence.dispose();
      }
      expect(sequence.isLoadedToMemory).toBe(false);
      expect(sequence.stateCellsStartIndex).toBe(-1);
    });
  });
}
