import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import type { Token } from "../../engine/token.ts";
import { type ParserEvent, ResponseParser } from "./response-parser.ts";
import { tokenSymbols, triggerSymbols } from "./trigger-symbols.ts";

const model = new FakeModel({ words: ["hello", "ello", "😀", " two", "STOP", "<think>", "OPQ"] });

function parserFor(triggers: readonly string[]) {
  const patterns = triggers.flatMap((tag) => triggerSymbols(tag, model).map((symbols) => ({ symbols, tag })));
  return new ResponseParser(patterns, model);
}

/** The parts of a stream in order, texts that follow each other joined. */
function joined(events: readonly ParserEvent<string>[]): string[] {
  const parts: string[] = [];
  for (const event of events) {
    const text = event.type === "text" ? event.text : `[${event.tag}]`;
    const previous = parts.at(-1);
    if (event.type === "text" && previous !== undefined && !previous.startsWith("[")) {
      parts[parts.length - 1] = previous + text;
    } else parts.push(text);
  }
  return parts.filter((part) => part !== "");
}

/** The same by looking at the whole stream again for each symbol. */
function slowParse(tokens: readonly Token[], triggers: readonly string[]): string[] {
  const patterns = triggers.flatMap((tag) => triggerSymbols(tag, model).map((symbols) => ({ symbols, tag })));
  const parts: string[] = [];
  let open: number[] = [];
  const close = () => {
    parts.push(
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(open.filter((s) => s < 256))),
    );
    open = [];
  };
  for (const symbol of tokens.flatMap((token) => [...tokenSymbols(token, model)])) {
    open.push(symbol);
    const found = patterns
      .filter(({ symbols }) => symbols.join() === open.slice(-symbols.length).join())
      .sort((a, b) => b.symbols.length - a.symbols.length)[0];
    if (found === undefined) continue;
    open.length -= found.symbols.length;
    close();
    parts.push(`[${found.tag}]`);
  }
  close();
  return parts.filter((part) => part !== "");
}

describe("ResponseParser", () => {
  test("a character that takes several tokens arrives whole", () => {
    const parser = parserFor([]);
    const bytes = [...new TextEncoder().encode("a😀b")] as Token[];
    const texts = bytes.map((token) =>
      parser
        .push(token)
        .map((event) => (event.type === "text" ? event.text : ""))
        .join(""),
    );
    expect(texts).toEqual(["a", "", "", "", "😀", "b"]);
  });

  test("what may become a trigger is withheld, and given out when it does not", () => {
    const parser = parserFor(["STOP"]);
    const push = (text: string) => joined(model.tokenize(text).flatMap((token) => parser.push(token)));
    expect(push("xST")).toEqual(["x"]);
    expect(push("A")).toEqual(["STA"]);
    expect(push("STO")).toEqual([]);
    expect(joined(parser.flush())).toEqual(["STO"]);
  });

  test("a trigger in the middle of a token leaves what comes before it and after it", () => {
    const parser = parserFor(["ll"]);
    const [hello] = model.tokenize("hello");
    const events = parser.push(hello!, () => true);
    expect(joined(events)).toEqual(["he", "[ll]"]);
    expect(parser.takeRest()).toBe("o");
  });

  test("a trigger is found as text and as the special token of that name", () => {
    for (const tokens of [model.tokenize("a<|im_end|>"), model.tokenize("a<|im_end|>", true)]) {
      const parser = parserFor(["<|im_end|>"]);
      const events = tokens.flatMap((token) => parser.push(token));
      expect(joined(events)).toEqual(["a", "[<|im_end|>]"]);
    }
  });

  test("bytes that are no character become U+FFFD and never hold the text back for good", () => {
    const parser = parserFor([]);
    const events = [0xff, 0x41, 0xf0, 0x9f].flatMap((token) => parser.push(token as Token));
    expect(joined(events)).toEqual(["\ufffdA"]);
    expect(joined(parser.flush())).toEqual(["\ufffd"]);
  });

  test("tokens of the chunks are the tokens of the text, each once", () => {
    const parser = parserFor(["STOP"]);
    const tokens = model.tokenize("hello 😀 two STA");
    const events = [...tokens.flatMap((token) => parser.push(token)), ...parser.flush()];
    expect(events.flatMap((event) => (event.type === "text" ? event.tokens : []))).toEqual(tokens);
    for (const event of events) {
      if (event.type === "text") expect(model.detokenize(event.tokens)).toBe(event.text);
    }
  });

  test("agrees with the slow twin on random streams", () => {
    const random = seededRandom(7);
    const alphabet = ["a", "S", "T", "O", "P", "STOP", "OPQ", "hello", "😀", "é", "<think>", " two", " "];
    const triggerSets = [
      ["STOP"],
      ["STOP", "TOPS", "O"],
      ["aa", "aaa", "a😀"],
      ["<think>", "nk", "hell"],
      ["é", "😀😀"],
    ];
    for (let round = 0; round < 3000; round++) {
      const triggers = triggerSets[Math.floor(random() * triggerSets.length)]!;
      const tokens: Token[] = [];
      for (let i = 0; i < 1 + random() * 14; i++) {
        const text = alphabet[Math.floor(random() * alphabet.length)]!;
        const isBytes = random() < 0.5;
        tokens.push(...(isBytes ? ([...new TextEncoder().encode(text)] as Token[]) : model.tokenize(text)));
        if (random() < 0.05) tokens.push(model.special("<|im_end|>"));
        if (random() < 0.05) tokens.push(0xf0 as Token);
      }
      const parser = parserFor(triggers);
      const events = tokens.flatMap((token) => parser.push(token));
      expect(joined([...events, ...parser.flush()])).toEqual(slowParse(tokens, triggers));
    }
  });
});
