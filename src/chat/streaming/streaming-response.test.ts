import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, replies, scripted } from "../../../test/fake/fake-sequence.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import type { Token } from "../../engine/token.ts";
import { defineBotFunction } from "../bot-functions/bot-function.ts";
import { ChatHistory } from "../history/chat-history.ts";
import { generate } from "./generate.ts";
import type { ReplyOptions } from "./reply-options.ts";
import type { StreamingResponse } from "./streaming-response.ts";

const model = new FakeModel({ words: ["hello", "\n#", "()", "time"] });
const start = "<|im_start|>assistant\n";

/** A reply of a model that writes this text, and the sequence it is written on. */
function reply(text: string, options: ReplyOptions = {}, contextSize = 4096) {
  const sequence = new FakeSequence(model, { next: replies(text), contextSize });
  return { sequence, reply: generate(sequence, model.tokenize(start, true), options) };
}

async function deltas(response: StreamingResponse): Promise<string[]> {
  const all: string[] = [];
  for await (const delta of response) all.push(delta);
  return all;
}

/** A sequence whose evaluation fails after so many tokens. */
function failing(after: number) {
  const sequence = new FakeSequence(model, { next: replies("hello hello hello") });
  sequence.generate = async function* () {
    for (let i = 0; i < after; i++) yield { token: (97 + i) as Token, forced: false };
    throw new Error("the device is gone");
  };
  return sequence;
}

describe("reading", () => {
  test("D17: a reader gets everything, however slow it is, and wakes up without a new token do not end it", async () => {
    const { reply: response } = reply("hello hello hello 123");
    const slow: string[] = [];
    for await (const delta of response) {
      slow.push(delta);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect(slow.join("")).toBe("hello hello hello 123");
    expect((await deltas(response)).join("")).toBe("hello hello hello 123");
  });

  test("D18: eos becomes true with the last delta, and not before", async () => {
    for (const pause of [0, 2]) {
      const { reply: response } = reply("one two three");
      const seen: boolean[] = [];
      for await (const _ of response) {
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        seen.push(response.eos);
      }
      expect(seen.pop()).toBe(true);
      expect(seen).not.toContain(true);
      expect(response.stopReason).toBe("eogToken");
    }
  });

  test("D18: deltas joined are the text, and no character is cut", async () => {
    const random = seededRandom(5);
    const signs = ["😀", "é", "👩‍👩‍👧", "漢", "a", " ", "\n", "hello", "🇩🇪"];
    for (let round = 0; round < 40; round++) {
      const text = Array.from({ length: 12 }, () => signs[Math.floor(random() * signs.length)]).join("");
      const { reply: response } = reply(text, { maxNewTokens: 1000, stopTokens: ["\n#", "hello!"] });
      const pieces = await deltas(response);
      expect(pieces.join("")).toBe(text);
      expect(response.text).toBe(text);
      expect(model.detokenize(response.tokens)).toBe(text);
      expect(pieces.every((piece) => !/\uFFFD|[\uD800-\uDBFF]$/.test(piece))).toBe(true);
    }
  });

  test("several readers get the whole text each, and one that leaves does not stop it for the others", async () => {
    const { reply: response } = reply("abcdefghij");
    const whole = deltas(response);
    for await (const _ of response) break;
    expect((await whole).join("")).toBe("abcdefghij");
    expect(await response.wait()).toBe("abcdefghij");
    expect(response).not.toHaveProperty("then");
  });

  test("D19: an error reaches every reader behind the text before it, and wait(), and the next reply works", async () => {
    const sequence = failing(3);
    const response = generate(sequence, model.tokenize(start, true));
    const read: string[] = [];
    const reading = (async () => {
      for await (const delta of response) read.push(delta);
    })();
    await expect(reading).rejects.toThrow("the device is gone");
    expect(read.join("")).toBe("abc");
    await expect(response.wait()).rejects.toThrow("the device is gone");
    await expect(deltas(response)).rejects.toThrow("the device is gone");
    expect(response).toMatchObject({ running: false, eos: true, stopReason: undefined, text: "abc" });
    expect(await reply("fine").reply.wait()).toBe("fine");
  });

  test("D19: a failure that nobody reads disturbs nothing", async () => {
    const response = generate(failing(0), model.tokenize(start, true));
    await response.stop();
    expect(response.running).toBe(false);
  });
});

describe("ending", () => {
  test("D20: leaving the loop stops the writing before the loop is left", async () => {
    const { reply: response, sequence } = reply("abcdefghijklmnop".repeat(4));
    for await (const delta of response) if (delta.includes("d")) break;
    expect(response).toMatchObject({ running: false, stopReason: "abort", eos: true });
    const written = response.text;
    const held = sequence.contextTokens.length;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(response.text).toBe(written);
    expect(sequence.contextTokens).toHaveLength(held);
    expect(written.length).toBeLessThan(8);
  });

  test("D20: an edit while the reply is written does not change what it answers, but it cannot be appended yet", async () => {
    const sequence = new FakeSequence(model, { next: replies("First.", "Second.") });
    const history = new ChatHistory(model, { chatTemplate: "chat-ml" });
    history.append("user", "Hi");
    const response = generate(sequence, history.embedChat());
    expect(() => history.append("bot", response)).toThrow(expect.objectContaining({ code: "busy" }));
    await response.wait();
    history.append("bot", response);
    expect(history.at(-1)?.text).toBe("First.");
  });

  test("D20: a signal ends it during the prompt, too; readers get its reason, or the text when asked for", async () => {
    for (const stopOnAbortSignal of [false, true]) {
      const controller = new AbortController();
      const sequence = new FakeSequence(model, { next: replies("abc"), chunkSize: 1 });
      const prompt = model.tokenize("x".repeat(500));
      const response = generate(sequence, prompt, { signal: controller.signal, stopOnAbortSignal });
      while (sequence.contextTokens.length < 5) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error("enough"));
      if (stopOnAbortSignal) expect(await deltas(response)).toEqual([""]);
      else await expect(deltas(response)).rejects.toThrow("enough");
      expect(response.stopReason).toBe("abort");
      expect(sequence.contextTokens.length).toBeLessThan(500);
    }
  });

  test("D21: exact limits, and nothing is made up at an early end", async () => {
    for (const maxNewTokens of [0, 1, 3, 5]) {
      const { reply: response, sequence } = reply("abcdefg", { maxNewTokens });
      expect(await response.wait()).toBe("abcdefg".slice(0, maxNewTokens));
      expect(response.tokens).toHaveLength(maxNewTokens);
      expect(response.stopReason).toBe("maxTokens");
      expect(model.detokenize(sequence.contextTokens, true).startsWith(start)).toBe(true);
      expect(sequence.contextTokens.some((token) => model.isEogToken(token))).toBe(false);
    }
    const { reply: response } = reply("abc", { minNewTokens: 6, maxNewTokens: 6 });
    await response.wait();
    expect(response.tokens).toHaveLength(6);
  });

  test("D8: what the cache is said to hold is what it holds, whatever ended the reply", async () => {
    for (const options of [{ maxNewTokens: 3, minNewTokens: 3 }, { maxNewTokens: 2 }, {}]) {
      const { reply: response, sequence } = reply("abcdef", options);
      await response.wait();
      expect(response.kvCache.tokens).toEqual(sequence.contextTokens);
      expect(response.kvCache.length).toBe(sequence.contextTokens.length);
      const whole = [...model.tokenize(start, true), ...response.tokens];
      expect(response.kvCache.tokens).toEqual(whole.slice(0, sequence.contextTokens.length));
    }
  });

  test("D21: the stop text is not in the text, but in the raw text", async () => {
    const { reply: response } = reply("One.\n### Two", { stopTokens: ["###"] });
    expect(await response.wait()).toBe("One.\n");
    expect(response.rawText.startsWith("One.\n###")).toBe(true);
    expect(response.stopReason).toBe("stopToken");
  });

  test.each([
    ["inside a token", "ab\n#cd", ["#"], "ab\n"],
    ["over several tokens", "ab hello, cd", ["b hel"], "a"],
    ["a token id", "abc", [98], "a"],
    ["ids in a row", "abcbd", [[98, 100]], "abc"],
    ["the first one that is complete", "abcdef", ["def", "cd"], "ab"],
  ])("D22: a stop %s is found", async (_name, text, stopTokens, expected) => {
    const { reply: response } = reply(text, { stopTokens: stopTokens as never });
    expect((await deltas(response)).join("")).toBe(expected);
    expect(response.text).toBe(expected);
  });

  test("D22: the beginning of a stop text is withheld until it is none", async () => {
    const { reply: response } = reply("a ##b ###", { stopTokens: ["###"] });
    for await (const delta of response) expect(delta.endsWith("#")).toBe(false);
    expect(response.text).toBe("a ##b ");
  });
});

describe("functions", () => {
  const clock = defineBotFunction(() => "9:05 PM", { name: "time" });
  const withResult = (before: string, after: string) =>
    scripted(({ written }) => {
      if (!written.includes("PM")) return before.startsWith(written) ? before.slice(written.length) : "";
      const rest = `${before} 9:05 PM${after}`;
      return rest.startsWith(written) ? rest.slice(written.length) : "";
    });

  test.each([
    ["behind a call", "It is time()", ", dear."],
    ["behind a code span", "It is `time()`", "."],
    ["at the end", "time()", ""],
  ])("a result is inserted %s, and only it is evaluated", async (_name, before, after) => {
    const sequence = new FakeSequence(model, { next: withResult(before, after) });
    const calls: string[] = [];
    const response = generate(sequence, model.tokenize(start, true), {
      functions: [clock],
      onFunctionCall: ({ name }) => calls.push(name),
    });
    expect((await deltas(response)).join("")).toBe(`${before} 9:05 PM${after}`);
    expect(calls).toEqual(["time"]);
    expect(response.calls).toHaveLength(1);
    const [range] = response.insertedRanges;
    expect(response.text.slice(range!.textStart, range!.textEnd)).toBe(" 9:05 PM");
    expect(model.detokenize(response.tokens.slice(range!.start, range!.end))).toBe(" 9:05 PM");
    expect(model.detokenize(response.tokens)).toBe(response.text);
    const { insertedTokens, insertedEvaluatedTokens } = response.stats;
    expect(insertedTokens).toBe(8);
    expect(insertedEvaluatedTokens).toBeLessThanOrEqual(insertedTokens + 1);
    const opening = model.tokenize(start, true).length;
    expect(sequence.tokenMeter.usedInputTokens).toBeLessThanOrEqual(opening + response.tokens.length);
  });

  test("D25: functions run on the writing side: without a reader, and without streaming", async () => {
    const sequence = new FakeSequence(model, { next: withResult("time()", "!") });
    const response = generate(sequence, model.tokenize(start, true), { functions: [clock] });
    while (response.running) await new Promise((resolve) => setImmediate(resolve));
    expect(response.text).toBe("time() 9:05 PM!");
  });

  test("D26: a function that returns nothing runs once and the reply goes on", async () => {
    let count = 0;
    const alert = () => void count++;
    const sequence = new FakeSequence(model, { next: replies("alert(). So! (yes)") });
    const response = generate(sequence, model.tokenize(start, true), { functions: [alert] });
    expect(await response.wait()).toBe("alert(). So! (yes)");
    expect(count).toBe(1);
    expect(response.insertedRanges).toEqual([]);
  });

  test.each<[string, () => unknown, string]>([
    ["throws", () => Promise.reject(new Error("broken")), " error: broken"],
    ["hangs", () => new Promise(() => {}), " error: time took longer than 5 ms"],
    ["returns a number", () => 7, " 7"],
    ["returns an object", () => ({ a: 1 }), ' {"a":1}'],
  ])("D19: a function that %s does not end the reply", async (_name, handler, inserted) => {
    const { reply: response } = reply("time()", {
      functions: [defineBotFunction(handler, { name: "time" })],
      functionTimeoutMs: 5,
    });
    expect(await response.wait()).toBe(`time()${inserted}`);
  });

  test("a result that does not fit is left out, and an abort during a call ends the reply", async () => {
    const { reply: short } = reply("time()", { functions: [clock], maxNewTokens: 6 });
    expect(await short.wait()).toBe("time()");
    expect(short.stopReason).toBe("maxTokens");
    const { reply: full } = reply("time()", { functions: [clock] }, 14);
    expect(await full.wait()).toBe("time()");
    expect(full.stopReason).toBe("contextFull");
    const hanging = defineBotFunction(() => new Promise(() => {}), { name: "time" });
    const { reply: stopped } = reply("time()", { functions: [hanging] });
    while (stopped.text !== "time()") await new Promise((resolve) => setImmediate(resolve));
    await stopped.stop();
    expect(stopped).toMatchObject({ stopReason: "abort", text: "time()" });
  });
});

describe("options", () => {
  test.each<[ReplyOptions]>([
    [{ maxNewTokens: -1 }],
    [{ maxNewTokens: 1.5 }],
    [{ minNewTokens: 9, maxNewTokens: 3 }],
    [{ repetitionPenalty: 0 }],
  ])("%j is refused", (options) => {
    expect(() => reply("a", options)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  test("an empty input and a foreign token are refused", () => {
    const sequence = new FakeSequence(model);
    for (const input of [[], [model.vocabularySize as Token], 5 as never])
      expect(() => generate(sequence, input)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  test("greedy by default, drawing when a figure for it is given, and repetition can be punished", async () => {
    const { reply: greedy, sequence } = reply("abc", { repetitionPenalty: 1.2 });
    await greedy.wait();
    expect(sequence.calls[0]?.options.sampling).toMatchObject({
      temperature: 0,
      repeatPenalty: { penalty: 1.2 },
    });
    const { reply: drawn, sequence: other } = reply("abc", { seed: 1 });
    await drawn.wait();
    expect(other.calls[0]?.options.sampling).toMatchObject({ temperature: 0.7, topP: 0.95, seed: 1 });
  });
});
