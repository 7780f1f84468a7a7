import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { GenerateFinish } from "../context-sequence.ts";
import type { Drafter } from "../drafts/drafter.ts";
import type { SampledToken, Sampler } from "../sampling/sampler.ts";
import type { Token } from "../token.ts";
import { type Continuation, continueSequence } from "./continue-sequence.ts";

const vocabularySize = 50;
const endToken = 49;
const target = [1, 2, 3] as Token[];

/** What the fake model finds most probable behind some tokens; the end token where its text is over. */
type Model = (tokens: readonly number[]) => number;
const pseudoRandom: Model = (tokens) => (tokens.at(-1)! * 7 + tokens.at(-2)! * 3 + tokens.length * 5) % 48;
const endsAt =
  (length: number): Model =>
  (tokens) =>
    tokens.length >= length ? endToken : pseudoRandom(tokens);

/** Every fourth token must be 40 then 41, the rest is free below 40; ends after `length` tokens. */
function pairGrammar(length: number, taken: number[] = []): GrammarMatcher {
  const allows = (token: number) => {
    const at = taken.length % 4;
    return at === 2 ? token === 40 : at === 3 ? token === 41 : token < 40;
  };
  return {
    mask: () => {
      throw new Error("not asked for");
    },
    allows,
    accept(token) {
      if (!allows(token)) throw new Error(`${token} is not allowed`);
      taken.push(token);
    },
    forced: () => (taken.length >= length || taken.length % 4 !== 2 ? [] : [40, 41]),
    get canEnd() {
      return taken.length >= length;
    },
    get mustEnd() {
      return taken.length >= length;
    },
    clone: () => pairGrammar(length, [...taken]),
  };
}

interface Run {
  model?: Model;
  grammar?: GrammarMatcher;
  maxTokens?: number;
  contextSize?: number;
  logprobs?: number;
  /** How often a drafted token is right; without: no drafts. */
  right?: number;
  controller?: AbortController;
  onToken?: (index: number) => void;
  alone?: () => boolean;
}

const sampler: Sampler = {
  sample(logits: Float32Array, grammar?: GrammarMatcher): SampledToken {
    const ids = [...logits.keys()].filter((id) => grammar === undefined || grammar.allows(id));
    return { token: ids.reduce((a, b) => (logits[b]! > logits[a]! ? b : a)) as Token };
  },
  accept: () => undefined,
} as unknown as Sampler;

function drafterOf(model: Model, right: number, text: number[]): Drafter {
  const random = seededRandom(9);
  return {
    draft(lengthMax) {
      const drafted: number[] = [];
      while (drafted.length < Math.min(lengthMax, 5)) {
        const next = model([...text, ...drafted]);
        drafted.push(random() < right ? next : (next + 1) % 40);
      }
      return drafted;
    },
    push: (token) => text.push(token),
    report: () => undefined,
  };
}

async function run({ model = pseudoRandom, right, controller = new AbortController(), ...rest }: Run) {
  const cells: number[] = [];
  let steps = 0;
  const rowsAfter = (lengths: readonly number[]) => (index: number) => {
    const logits = new Float32Array(vocabularySize);
    for (let id = 0; id < vocabularySize; id++) logits[id] = -id;
    logits[model(cells.slice(0, lengths[index]!))] = 9;
    return logits;
  };
  const continuation: Continuation = {
    sampler,
    grammar: rest.grammar,
    drafter: right === undefined ? undefined : drafterOf(model, right, [...target]),
    maxTokens: rest.maxTokens ?? 100,
    logprobs: rest.logprobs ?? 0,
    signal: controller.signal,
    contextSize: rest.contextSize ?? 1000,
    isAlone: () => rest.alone?.() ?? true,
    isEndToken: (token) => token === endToken,
    async align(tokens, onLogits) {
      steps++;
      cells.splice(0, cells.length, ...tokens);
      onLogits(rowsAfter([cells.length]));
    },
    async append(tokens, outputs, onLogits) {
      steps++;
      const start = cells.length;
      cells.push(...tokens);
      expect(cells.length).toBeLessThanOrEqual(continuation.contextSize);
      const first = start + tokens.length - outputs + 1;
      const kept = onLogits(rowsAfter(Array.from({ length: outputs }, (_, index) => first + index)));
      expect(kept).toBeGreaterThan(0);
      cells.length = cells.length - outputs + kept;
    },
  };
  const tokens: number[] = [];
  const generator = continueSequence(continuation, target);
  for (;;) {
    const step = await generator.next();
    if (step.done) return { tokens, finish: step.value as GenerateFinish, cells, steps };
    tokens.push(step.value.token);
    rest.onToken?.(tokens.length);
  }
}

describe.each([undefined, 0, 0.5, 0.9, 1])("drafts right in %s of the cases", (right) => {
  test("the same tokens, exactly maxTokens of them, and cells that hold them", async () => {
    for (const maxTokens of [0, 1, 2, 5, 6, 7, 40]) {
      const plain = await run({ maxTokens });
      const ours = await run({ maxTokens, right });
      expect(ours.tokens).toEqual(plain.tokens);
      expect(ours.tokens).toHaveLength(maxTokens);
      expect(ours.finish).toEqual({ reason: "length" });
      // The last token is evaluated when the next one is asked for.
      if (maxTokens > 0) expect(ours.cells).toEqual([...target, ...ours.tokens.slice(0, -1)]);
    }
  });

  test("an end token, inside a draft too, ends the reply and nothing comes behind it", async () => {
    for (let length = 3; length < 24; length++) {
      const { tokens, finish } = await run({ model: endsAt(length), right });
      expect(finish).toEqual({ reason: "eog", eogToken: endToken });
      expect(tokens).toHaveLength(length - 3);
      expect(tokens).toEqual((await run({ maxTokens: length - 3 })).tokens);
    }
  });

  test("a full context", async () => {
    const { tokens, finish } = await run({ contextSize: 20, right });
    expect(finish).toEqual({ reason: "contextFull" });
    expect(tokens).toHaveLength(18);
    expect(tokens).toEqual((await run({ maxTokens: 18 })).tokens);
  });

  test("a grammar that forces text and ends", async () => {
    for (const length of [1, 2, 4, 17, 18, 20])
      for (const logprobs of [0, 1]) {
        const plain = await run({ grammar: pairGrammar(length) });
        const ours = await run({ grammar: pairGrammar(length), right, logprobs });
        expect(ours.tokens).toEqual(plain.tokens);
        expect(ours.finish).toEqual({ reason: "eog" });
        for (let maxTokens = 0; maxTokens < ours.tokens.length; maxTokens++) {
          const cut = await run({ grammar: pairGrammar(length), right, logprobs, maxTokens });
          expect(cut.tokens).toEqual(plain.tokens.slice(0, maxTokens));
          expect(cut.finish).toEqual({ reason: "length" });
        }
      }
  });

  test("an abort ends it after the step that runs", async () => {
    const controller = new AbortController();
    const { tokens, finish } = await run({
      right,
      controller,
      onToken: (index) => index === 10 && controller.abort("enough"),
    });
    expect(finish).toEqual({ reason: "abort" });
    expect(tokens.length).toBeGreaterThanOrEqual(10);
    expect(tokens.length).toBeLessThan(18);
    expect(tokens).toEqual((await run({ maxTokens: tokens.length })).tokens);
  });
});

test("right drafts save steps, wrong ones cost none", async () => {
  const plain = await run({ maxTokens: 60 });
  expect((await run({ maxTokens: 60, right: 1 })).steps).toBeLessThan(plain.steps / 3);
  expect((await run({ maxTokens: 60, right: 0 })).steps).toBe(plain.steps);
});

test("nothing is drafted while others have tokens to evaluate", async () => {
  const crowded = await run({ maxTokens: 40, right: 1, alone: () => false });
  expect(crowded.steps).toBe((await run({ maxTokens: 40 })).steps);
});

test("a sampler that throws ends the generation with its error", async () => {
  const broken = run({
    grammar: { ...pairGrammar(8), forced: () => [], allows: () => true, accept: () => expect.fail("broken") },
  });
  await expect(broken).rejects.toThrow("broken");
});
