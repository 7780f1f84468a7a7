import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type NextToken, replies } from "../../../test/fake/fake-sequence.ts";
import type { Token } from "../../engine/token.ts";
import { ChatHistory } from "../history/chat-history.ts";
import { LlamaChatSession } from "../session/llama-chat-session.ts";
import { generate } from "./generate.ts";
import { type ChatContext, createChatModel, NanoLLM } from "./nano-llm.ts";
import type { SequenceCache } from "./sequence-cache.ts";

const model = new FakeModel();

/** A model that always writes the same letter. */
const letters: NextToken = () => 97 as Token;

class FakeContext implements ChatContext {
  readonly model = model;
  readonly contextSize = 4096;
  readonly made: FakeSequence[] = [];
  disposed = false;
  readonly #sequences: number;
  readonly #next: NextToken;

  constructor(next: NextToken, sequences: number) {
    this.#next = next;
    this.#sequences = sequences;
  }

  get sequencesLeft(): number {
    return this.#sequences - this.made.filter(({ disposed }) => !disposed).length;
  }

  getSequence(): FakeSequence {
    if (this.sequencesLeft <= 0) throw new Error("no sequence left");
    const sequence = new FakeSequence(model, { next: this.#next });
    this.made.push(sequence);
    return sequence;
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

async function createModel(next: NextToken, sequences = 1) {
  const context = new FakeContext(next, sequences);
  return { context, chat: await createChatModel({ createContext: async () => context }) };
}

/** One round of the loop that every program with a chat has. */
async function ask(chat: NanoLLM, history: ChatHistory, text: string) {
  history.append("user", text);
  const { input } = history.embedChat();
  const reply = chat.generate(input, { kvCache: history.kvCache, stopTokens: history.template.stop });
  let output = "";
  for await (const delta of reply) output += reply.eos ? `${delta}|` : delta;
  history.append("bot", reply);
  return { output, reply };
}

describe("the loop", () => {
  test("a chat goes on turn by turn, and only what is new is evaluated", async () => {
    const { chat, context } = await createModel(replies("One.", "Two.", "Three."));
    const history = new ChatHistory(chat, { chatTemplate: "chat-ml", systemPrompt: "Sys" });
    expect(history.kvCache).toBeUndefined();
    for (const expected of ["One.|", "Two.|", "Three.|"]) {
      const before = history.numTokens;
      const { output, reply } = await ask(chat, history, "Go on");
      expect(output).toBe(expected);
      if (before > 40) expect(reply.stats.reusedTokens).toBeGreaterThan(before - 12);
      expect(reply.kvCache.lastEdit).toBe("none");
    }
    expect(context.made).toHaveLength(1);
    expect(history.length).toBe(7);
  });

  test("an undone turn is dropped from the cache, lazily", async () => {
    const { chat } = await createModel(replies("One.", "Two."));
    const history = new ChatHistory(chat, { chatTemplate: "chat-ml", systemPrompt: "Sys" });
    await ask(chat, history, "Go on");
    await ask(chat, history, "Tell me more");
    history.pop(2);
    const { output, reply } = await ask(chat, history, "Something else");
    expect(output).toBe("Two.|");
    expect(reply.kvCache.lastEdit).toBe("reevaluated");
    expect(reply.stats.reusedTokens).toBeGreaterThan(40);
  });

  test("D33: without streaming the same object comes back, complete", async () => {
    const { chat } = await createModel(replies("One."));
    const history = new ChatHistory(chat, { chatTemplate: "chat-ml" });
    history.append("user", "Hi");
    const reply = await chat.generate(history.embedChat(), { streaming: false });
    expect(reply).toMatchObject({ text: "One.", running: false, eos: true });
    history.append("bot", reply);
    expect(history.position).toBeGreaterThan(30);
    expect(await history.runTools(history.at(-1)!)).toBeUndefined();
  });
});

test("in a session: a reply with functions, between prompts, on the session's own history and sequence", async () => {
  const sequence = new FakeSequence(model, { next: replies("One.", "It is time()", "Three.") });
  const session = new LlamaChatSession({ contextSequence: sequence });
  await session.prompt("Hi");
  session.history.append("user", "What time is it?");
  const [input, position] = session.history.embedChat();
  const time = () => "9:05 PM";
  const reply = generate(session.sequence, input, { functions: [time] });
  expect(await reply.wait()).toBe("It is time() 9:05 PM");
  expect(reply.stats.reusedTokens).toBe(position);
  session.history.append("model", reply);
  expect(await session.prompt("Thanks")).toBe("Three.");
  expect(sequence.lastEvaluation!.reusedTokens).toBeGreaterThan(position + input.length);
  expect(
    session
      .getChatHistory()
      .map(({ type }) => type)
      .slice(1),
  ).toEqual(["user", "model", "user", "model", "user", "model"]);
});

describe("caches", () => {
  test("more chats than sequences take turns, and none answers with what another one holds", async () => {
    const { chat, context } = await createModel(replies("One.", "Two.", "Three."), 2);
    const histories = ["A", "B", "C"].map(
      (systemPrompt) => new ChatHistory(chat, { chatTemplate: "chat-ml", systemPrompt }),
    );
    for (const expected of ["One.|", "Two.|", "Three.|"]) {
      for (const history of histories) expect((await ask(chat, history, "Go on")).output).toBe(expected);
    }
    expect(context.made.filter(({ disposed }) => !disposed)).toHaveLength(2);
    expect(histories[0]!.kvCache!.tokens).toEqual([]);
    expect(histories[0]!.position).toBe(0);
    expect(histories[2]!.position).toBeGreaterThan(90);
  });

  test("replies wait for a sequence while all are in use, and a wait can be ended", async () => {
    const { chat } = await createModel(letters);
    const first = chat.generate("One:");
    const second = chat.generate("Two:");
    const third = chat.generate("Three:");
    await third.stop();
    expect(third).toMatchObject({ stopReason: "abort", text: "" });
    expect(await Promise.all([first.wait(), second.wait()])).toHaveLength(2);
  });

  test("pop and remove are list operations that the next reply carries out", async () => {
    const { chat } = await createModel(letters);
    const reply = chat.generate("0123456789");
    await reply.wait();
    const cache = reply.kvCache;
    expect(model.detokenize(cache.tokens)).toMatch(/^0123456789/);
    cache.pop(cache.length - 10);
    cache.remove(2, 5);
    expect(model.detokenize(cache.tokens)).toBe("0156789");
    for (const wrong of [() => cache.pop(8), () => cache.remove(3, 1), () => cache.remove(0, 8)])
      expect(wrong).toThrow(RangeError);
    expect(cache.position).toBe(7);
    await cache.sync();
    expect(cache).toMatchObject({ lastEdit: "reevaluated", reusedTokens: 2 });
    expect(cache.sequence!.contextTokens).toEqual(cache.tokens);
    const next = chat.generate("!", { kvCache: cache, maxNewTokens: 1 });
    await next.wait();
    expect(model.detokenize(cache.tokens)).toBe("0156789!");
    await cache.dispose();
    await cache.dispose();
    expect(cache.tokens).toEqual([]);
    expect(() => cache.pop(0)).toThrow(expect.objectContaining({ code: "disposed" }));
  });

  test("D34: nothing is kept for texts that were used once: caches are as many as there are sequences", async () => {
    const { chat, context } = await createModel(letters, 2);
    const caches: SequenceCache[] = [];
    for (let i = 0; i < 20; i++) {
      const reply = chat.generate(`text ${i}`);
      await reply.wait();
      caches.push(reply.kvCache);
    }
    expect(caches.filter(({ sequence }) => sequence !== undefined)).toHaveLength(2);
    expect(context.made.filter(({ disposed }) => !disposed)).toHaveLength(2);
  });

  test("another model's cache is refused", async () => {
    const { chat } = await createModel(letters);
    expect(() => chat.generate("a", { kvCache: { tokens: [] } })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("disposal", () => {
  test("ends what is being written, then refuses use", async () => {
    const { chat, context } = await createModel(letters);
    const reply = chat.generate("One:");
    await chat.dispose();
    await chat.dispose();
    expect(reply.running).toBe(false);
    expect(context.disposed).toBe(true);
    expect(chat.disposed).toBe(true);
    expect(() => chat.generate("a")).toThrow(expect.objectContaining({ code: "disposed" }));
  });

  test("wrong arguments are refused by name", async () => {
    await expect(NanoLLM.fromPretrained("")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(createChatModel({} as never)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
