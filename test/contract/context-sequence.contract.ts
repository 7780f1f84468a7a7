import { describe, expect, test } from "vitest";
import type {
  ContextSequence,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
} from "../../src/engine/context-sequence.ts";
import type { Token } from "../../src/engine/token.ts";
import { tokenTrieOf } from "../../src/engine/token-trie-of.ts";
import { compileGrammar } from "../../src/grammar/compiled-grammar.ts";
import { parseGbnf } from "../../src/grammar/gbnf/parse-gbnf.ts";

/** Everything that one generation yielded, and how it ended. */
export async function generateAll(
  sequence: ContextSequence,
  target: readonly Token[],
  options?: GenerateOptions,
): Promise<{ tokens: Token[]; steps: GeneratedToken[]; finish: GenerateFinish }> {
  const steps: GeneratedToken[] = [];
  const stream = sequence.generate(target, options);
  for (;;) {
    const next = await stream.next();
    if (next.done) return { tokens: steps.map(({ token }) => token), steps, finish: next.value };
    steps.push(next.value);
  }
}

export interface ContractSubject {
  /** A sequence that holds nothing, of at least 128 tokens. */
  create(): ContextSequence | Promise<ContextSequence>;
  /** The engine reuses whole blocks of so many tokens; there must be room for two. Default 1. */
  readonly cacheBlock?: number;
}

const promptText = "The capital of France is";

type Clause = readonly [
  name: string,
  holds: (sequence: ContextSequence, prompt: Token[], cacheBlock: number) => Promise<void>,
];

/** Greedy: the same input gives the same output. */
const clauses: readonly Clause[] = [
  [
    "generates as many tokens as asked for, and the same ones again",
    async (sequence, prompt) => {
      const first = await generateAll(sequence, prompt, { maxTokens: 6 });
      expect(first.finish).toEqual({ reason: "length" });
      expect(first.tokens).toHaveLength(6);
      expect(await generateAll(sequence, prompt, { maxTokens: 6 })).toEqual(first);
    },
  ],

  [
    "going on from a part of a reply is the reply",
    async (sequence, prompt) => {
      const { tokens } = await generateAll(sequence, prompt, { maxTokens: 8 });
      for (const cut of [1, 4]) {
        const begun = [...prompt, ...tokens.slice(0, cut)];
        const rest = await generateAll(sequence, begun, { maxTokens: 8 - cut });
        expect(rest.tokens).toEqual(tokens.slice(cut));
      }
    },
  ],

  [
    "the cache holds what was evaluated: the last token not yet",
    async (sequence, prompt) => {
      const { tokens } = await generateAll(sequence, prompt, { maxTokens: 5 });
      expect(sequence.contextTokens).toEqual([...prompt, ...tokens.slice(0, -1)]);
    },
  ],

  [
    "the report accounts for every token of the prompt, and a repetition is reused",
    async (sequence, sentence, cacheBlock) => {
      const prompt = Array(Math.ceil(cacheBlock / sentence.length))
        .fill(sentence)
        .flat() as Token[];
      const sum = () => {
        const report = sequence.lastEvaluation!;
        return report.reusedTokens + report.movedTokens + report.sharedTokens + report.evaluatedTokens;
      };
      await generateAll(sequence, prompt, { maxTokens: 3 });
      expect(sum()).toBe(prompt.length);
      const longer = [...prompt, ...sequence.model.tokenize(" Paris, of course.")];
      await generateAll(sequence, longer, { maxTokens: 1 });
      expect(sum()).toBe(longer.length);
      expect(sequence.lastEvaluation!.evaluatedTokens).toBeLessThan(longer.length);
    },
  ],

  [
    "no token is generated for maxTokens 0",
    async (sequence, prompt) => {
      expect(await generateAll(sequence, prompt, { maxTokens: 0 })).toMatchObject({
        tokens: [],
        finish: { reason: "length" },
      });
    },
  ],

  [
    "an edit in the middle is as if the text had always been so",
    async (sequence, prompt) => {
      const edited = [...prompt.slice(0, 2), ...sequence.model.tokenize(" largest city in Spain is")];
      const fresh = await generateAll(sequence, edited, { maxTokens: 4 });
      await sequence.clearHistory();
      expect(sequence.contextTokens).toEqual([]);
      await generateAll(sequence, prompt, { maxTokens: 4 });
      const again = await generateAll(sequence, edited, { maxTokens: 4 });
      expect(again.tokens).toEqual(fresh.tokens);
    },
  ],

  [
    "preloading changes nothing of the reply",
    async (sequence, prompt) => {
      const plain = await generateAll(sequence, prompt, { maxTokens: 4 });
      await sequence.clearHistory();
      await sequence.preload(prompt);
      expect(sequence.contextTokens).toEqual(prompt);
      expect(await generateAll(sequence, prompt, { maxTokens: 4 })).toEqual(plain);
    },
  ],

  [
    "an abort ends the reply and keeps the sequence usable",
    async (sequence, prompt) => {
      const controller = new AbortController();
      const stream = sequence.generate(prompt, { signal: controller.signal });
      await stream.next();
      controller.abort();
      let next = await stream.next();
      while (!next.done) next = await stream.next();
      expect(next.value).toEqual({ reason: "abort" });
      const aborted = AbortSignal.abort();
      expect((await generateAll(sequence, prompt, { signal: aborted })).finish.reason).toBe("abort");
      expect((await generateAll(sequence, prompt, { maxTokens: 2 })).tokens).toHaveLength(2);
    },
  ],

  [
    "leaving a reply early lets the next one begin",
    async (sequence, prompt) => {
      for await (const { token } of sequence.generate(prompt)) {
        expect(token).toBeGreaterThanOrEqual(0);
        break;
      }
      expect((await generateAll(sequence, prompt, { maxTokens: 2 })).tokens).toHaveLength(2);
    },
  ],

  [
    "concurrent replies run one after the other",
    async (sequence, prompt) => {
      const [one, two] = await Promise.all([
        generateAll(sequence, prompt, { maxTokens: 5 }),
        generateAll(sequence, prompt, { maxTokens: 5 }),
      ]);
      expect(one).toEqual(two);
    },
  ],

  [
    "a full context ends the reply; more than that is refused",
    async (sequence, prompt) => {
      const { contextSize } = sequence;
      const [filler] = sequence.model.tokenize(" a");
      const target = [...Array<Token>(contextSize - prompt.length - 1).fill(filler!), ...prompt];
      const { tokens, finish } = await generateAll(sequence, target);
      if (finish.reason !== "eog") expect(finish).toEqual({ reason: "contextFull" });
      expect(tokens.length).toBeLessThanOrEqual(2);
      const tooLong = [...target, filler!, filler!];
      await expect(generateAll(sequence, tooLong)).rejects.toMatchObject({ code: "context-overflow" });
    },
  ],

  [
    "a grammar is kept to, characters of several bytes included",
    async (sequence, prompt) => {
      for (const [gbnf, expected] of [
        ['root ::= "yes" | "no"', /^(yes|no)$/],
        ['root ::= "[" [0-9] "," [0-9] "]"', /^\[\d,\d\]$/],
        ['root ::= ("你" | "é") ("好" | "😀") [a-c]', /^[你é](好|😀)[abc]$/u],
      ] as const) {
        const grammar = compileGrammar(parseGbnf(gbnf)).matcher(tokenTrieOf(sequence.model));
        const { tokens, finish } = await generateAll(sequence, prompt, { grammar, maxTokens: 40 });
        expect(sequence.model.detokenize(tokens)).toMatch(expected);
        expect(finish.reason).toBe("eog");
      }
    },
  ],

  [
    "a grammar goes on where an earlier call left it",
    async (sequence, prompt) => {
      const grammar = compileGrammar(parseGbnf('root ::= "abc" [x-z] "!"')).matcher(
        tokenTrieOf(sequence.model),
      );
      const first = await generateAll(sequence, prompt, { grammar, maxTokens: 1 });
      const rest = await generateAll(sequence, [...prompt, ...first.tokens], { grammar, maxTokens: 40 });
      expect(sequence.model.detokenize([...first.tokens, ...rest.tokens])).toMatch(/^abc[xyz]!$/);
    },
  ],

  [
    "a grammar goes on token by token, from inside of a character too",
    async (sequence, prompt) => {
      const grammar = compileGrammar(parseGbnf('root ::= ("你" | "佡" | "é" | "😀"){2} [a-c]')).matcher(
        tokenTrieOf(sequence.model),
      );
      const tokens: Token[] = [];
      for (;;) {
        const step = await generateAll(sequence, [...prompt, ...tokens], { grammar, maxTokens: 1 });
        tokens.push(...step.tokens);
        if (step.finish.reason === "eog") break;
        expect(tokens.length).toBeLessThan(20);
      }
      expect(sequence.model.detokenize(tokens)).toMatch(/^(你|佡|é|😀){2}[abc]$/u);
    },
  ],

  [
    "a forbidden token is not taken",
    async (sequence, prompt) => {
      const [wished] = (await generateAll(sequence, prompt, { maxTokens: 1 })).tokens;
      const tokenBias = new Map([[wished!, Number.NEGATIVE_INFINITY]]);
      const { tokens } = await generateAll(sequence, prompt, { maxTokens: 1, sampling: { tokenBias } });
      expect(tokens).not.toContain(wished);
    },
  ],
];

/** What every {@link ContextSequence} must do, whatever evaluates it. */
export function describeContextSequence(name: string, subject: ContractSubject): void {
  describe(`the contract of a context sequence: ${name}`, () => {
    test.each(clauses)("%s", async (_, holds) => {
      const sequence = await subject.create();
      try {
        await holds(sequence, sequence.model.tokenize(promptText), subject.cacheBlock ?? 1);
      } finally {
        await sequence.dispose();
      }
    });

    test("after the disposal nothing is done", async () => {
      const sequence = await subject.create();
      const prompt = sequence.model.tokenize(promptText);
      await sequence.dispose();
      expect(sequence.disposed).toBe(true);
      await expect(generateAll(sequence, prompt)).rejects.toMatchObject({ code: "disposed" });
      await expect(sequence.preload(prompt)).rejects.toMatchObject({ code: "disposed" });
    });
  });
}
