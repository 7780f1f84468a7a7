import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import type { Token } from "../../engine/token.ts";
import { adoptEvaluatedTokens } from "./adopt-evaluated-tokens.ts";

const model = new FakeModel({ words: ["hello", "he", "llo", "ll"] });
const end = model.special("<|im_end|>");
const bytes = (text: string) => [...new TextEncoder().encode(text)] as Token[];

describe("adoptEvaluatedTokens", () => {
  test("keeps the tokens in which the model wrote a text", () => {
    const rendered = [end, ...model.tokenize("hello"), end, ...model.tokenize("hello")];
    const evaluated = [end, ...model.tokenize("he"), ...bytes("llo"), end];
    expect(adoptEvaluatedTokens(rendered, evaluated, model)).toEqual([
      ...evaluated,
      ...model.tokenize("hello"),
    ]);
  });

  test("does not when the text is another one", () => {
    const rendered = [end, ...model.tokenize("hello"), end];
    for (const text of ["hell", "hellx", "helloo"]) {
      const evaluated = [end, ...bytes(text), end];
      expect(adoptEvaluatedTokens(rendered, evaluated, model)).toEqual(rendered);
    }
  });

  test("never changes the text, and shares no less with the context (random run)", () => {
    const random = seededRandom(11);
    const pieces = ["hello", "he", "llo", "l", "o", "x"];
    const common = (a: readonly Token[], b: readonly Token[]) => {
      let length = 0;
      while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
      return length;
    };
    let gained = 0;
    for (let round = 0; round < 2000; round++) {
      const runs = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        Array.from(
          { length: Math.floor(random() * 4) },
          () => pieces[Math.floor(random() * pieces.length)]!,
        ).join(""),
      );
      const rendered = runs.flatMap((run) => [...model.tokenize(run), end]);
      const evaluated = runs.flatMap((run) => {
        const text = random() < 0.15 ? `${run}x` : run;
        return [...(random() < 0.5 ? bytes(text) : model.tokenize(text)), end];
      });
      evaluated.length = Math.floor(random() * (evaluated.length + 1));
      const adopted = adoptEvaluatedTokens(rendered, evaluated, model);
      expect(model.detokenize(adopted, true)).toBe(model.detokenize(rendered, true));
      const before = common(rendered, evaluated);
      const after = common(adopted, evaluated);
      expect(after).toBeGreaterThanOrEqual(before);
      if (after > before) gained++;
    }
    expect(gained).toBeGreaterThan(200);
  });
});
