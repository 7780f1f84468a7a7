import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import type { Token } from "../../engine/token.ts";
import { adoptFromEnd } from "./adopt-from-end.ts";

const model = new FakeModel({ words: ["hello", "he", "llo", "ll"] });
const end = model.special("<|im_end|>");
const bytes = (text: string) => [...new TextEncoder().encode(text)] as Token[];

describe("adoptFromEnd", () => {
  test("keeps the tokens of what follows the messages that left", () => {
    const kept = [end, ...bytes("hello"), end, ...model.tokenize("ll"), end];
    const rendered = [
      ...model.tokenize("he"),
      end,
      ...model.tokenize("hello"),
      end,
      ...model.tokenize("ll"),
      end,
    ];
    expect(adoptFromEnd(rendered, [...model.tokenize("he"), end, ...bytes("gone"), ...kept], model)).toEqual([
      ...model.tokenize("he"),
      ...kept,
    ]);
  });

  test("does not where the text or a special token is another one", () => {
    const other = model.special("</s>");
    expect(adoptFromEnd([...model.tokenize("hello")], bytes("hellx"), model)).toEqual(
      model.tokenize("hello"),
    );
    expect(adoptFromEnd([...model.tokenize("hello"), end], [...bytes("hello"), other], model)).toEqual([
      ...model.tokenize("hello"),
      end,
    ]);
  });

  test("never changes the text (random run)", () => {
    const random = seededRandom(7);
    const pieces = ["hello", "he", "llo", "l", "o", "x"];
    const pick = () => pieces[Math.floor(random() * pieces.length)]!;
    let adopted = 0;
    for (let round = 0; round < 1000; round++) {
      const runs = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick() + pick());
      const rendered = runs.flatMap((text) => [end, ...model.tokenize(text)]);
      const before = runs
        .slice(Math.floor(random() * runs.length))
        .flatMap((text) => [end, ...(random() < 0.5 ? bytes(text) : model.tokenize(text))]);
      const result = adoptFromEnd(rendered, before, model);
      expect(model.detokenize(result, true)).toBe(model.detokenize(rendered, true));
      if (result.length !== rendered.length) adopted++;
      expect(result.slice(-before.length)).toEqual(before);
    }
    expect(adopted).toBeGreaterThan(300);
  });
});
