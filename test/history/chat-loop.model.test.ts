import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BotFunction, defineBotFunction } from "../../src/chat/bot-functions/bot-function.ts";
import { BotFunctionSet } from "../../src/chat/bot-functions/bot-function-set.ts";
import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { NanoLLM } from "../../src/chat/streaming/nano-llm.ts";

let model: NanoLLM;

beforeAll(async () => {
  model = await NanoLLM.fromPretrained(undefined, { contextSize: 1024, gpu: false, maxThreads: 1 });
});
afterAll(async () => {
  await model.dispose();
});

/** The loop of a program with a chat: what it prints, and the reply. */
async function ask(history: ChatHistory, text: string, functions: readonly BotFunction[] = []) {
  history.append("user", text);
  const { input, position } = history.embedChat();
  const reply = model.generate(input, {
    kvCache: history.kvCache,
    stopTokens: history.template.stop,
    maxNewTokens: 40,
    functions,
  });
  let printed = "";
  for await (const delta of reply) printed += delta + (reply.eos ? "\n\n" : "");
  history.append("bot", reply);
  return { printed, reply, position, input };
}

/** What the chat looks like to somebody who has never seen it. */
function freshTokens(history: ChatHistory) {
  const fresh = new ChatHistory(model, { systemPrompt: false });
  fresh.setItems(history.toItems());
  return fresh.tokens;
}

describe("the loop with the default model", () => {
  test("D7: every turn evaluates what is new, and the chat is as the template writes it", async () => {
    const history = new ChatHistory(model);
    const first = await ask(history, "What is the capital of France?");
    expect(first.printed).toBe("The capital of France is Paris.\n\n");
    expect(first.position).toBe(0);
    expect(first.reply.stats).toMatchObject({ reusedTokens: 0, inputTokens: first.input.length });
    const second = await ask(history, "And of Italy?");
    expect(second.printed).toContain("Rome");
    expect(second.position).toBeGreaterThan(first.input.length);
    expect(second.reply.stats).toMatchObject({
      reusedTokens: second.position,
      inputTokens: second.input.length,
    });
    expect(model.detokenize(history.tokens, true)).toBe(model.detokenize(freshTokens(history), true));
    const held = history.kvCache!.tokens;
    expect(history.tokens.slice(0, held.length)).toEqual(held);
    expect(history.numTokens).toBe(history.messages.reduce((sum, { numTokens }) => sum + numTokens, 0));
  });

  test("D1, D2: pop, remove and reset in the middle of a chat change what the model knows", async () => {
    const history = new ChatHistory(model);
    await ask(history, "My name is Ann. Say hello to me.");
    const before = await ask(history, "What is the capital of France?");
    history.pop(2);
    const again = await ask(history, "What is the capital of France?");
    expect(again.reply.text).toBe(before.reply.text);
    expect(again.position).toBeGreaterThan(before.position);
    history.remove(1, 3);
    expect(history.messages.map(({ text }) => text).join()).not.toContain("Ann");
    const other = await ask(history, "And of Italy?");
    expect(other.reply.kvCache.lastEdit).toBe("reevaluated");
    history.reset({ systemPrompt: "You are a pirate.", useCache: false });
    expect(history.length).toBe(1);
    expect(history.kvCache).toBeUndefined();
    expect(history.systemPrompt).toBe("You are a pirate.");
    const pirate = await ask(history, "What is the capital of France?");
    expect(pirate.reply.stats.inputTokens + pirate.reply.stats.reusedTokens).toBe(pirate.input.length);
  });

  test("D12: a chat that outgrows its budget keeps its system prompt and its newest turns", async () => {
    const history = new ChatHistory(model, { systemPrompt: "You are brief." });
    for (const text of ["Say one.", "Say two.", "Say three."]) await ask(history, text);
    history.append("user", "Say four.");
    const total = history.numTokens;
    const { input, position } = history.embedChat({ maxTokens: total - 1, wrapTokens: 40 });
    expect(history[0]?.text).toBe("You are brief.");
    expect(history[1]?.role).toBe("user");
    expect(history.numTokens).toBeLessThan(total);
    expect(position + input.length).toBe(history.numTokens);
    const reply = model.generate(input, { kvCache: history.kvCache, maxNewTokens: 4 });
    await reply.wait();
    expect(reply.tokens.length).toBeGreaterThan(0);
  });

  test("an image is refused by name when the model has no projector", async () => {
    const history = new ChatHistory(model);
    history.append("user", { image: "cat.jpg" });
    const unsupported = expect.objectContaining({ code: "media-unsupported" });
    expect(() => history.embedChat()).toThrow(unsupported);
    await expect(history.prepareMedia()).rejects.toEqual(unsupported);
    history.pop(1);
    expect(history.embedChat().input.length).toBeGreaterThan(0);
  });

  test("greedy text is the same with drawing switched off, other with a seed, and the same with that seed", async () => {
    const prompt = "Once upon a time";
    const write = (options: object) => model.generate(prompt, { maxNewTokens: 12, ...options }).wait();
    const greedy = await write({});
    expect(await write({ doSample: false, temperature: 2 })).toBe(greedy);
    const drawn = await write({ temperature: 1.5, seed: 7 });
    expect(drawn).not.toBe(greedy);
    expect(await write({ temperature: 1.5, seed: 7 })).toBe(drawn);
    expect(await write({ repetitionPenalty: 1.5, maxNewTokens: 40 })).not.toBe(
      await write({ maxNewTokens: 40 }),
    );
  });

  test("D21: the shortest and the longest reply are exact", async () => {
    const history = new ChatHistory(model);
    history.append("user", "What is the capital of France?");
    const long = model.generate(history.embedChat(), { minNewTokens: 20, maxNewTokens: 20 });
    await long.wait();
    expect(long.tokens).toHaveLength(20);
    const short = await model.generate(history.embedChat(), { maxNewTokens: 1, streaming: false });
    expect(short).toMatchObject({ text: "The", stopReason: "maxTokens", eos: true });
  });
});

describe("inline functions with the default model", () => {
  const TIME = defineBotFunction(() => "9:05 PM", { name: "TIME", docs: "Returns the current time." });
  const DATE = defineBotFunction(() => "Monday, June 3, 2024", { name: "DATE", docs: "Returns the date." });

  /** A small model needs to see how it is done. */
  function taught(functions: BotFunctionSet) {
    const history = new ChatHistory(model, {
      systemPrompt: `You are a helpful AI assistant. ${functions.generateDocs()}`,
    });
    for (const [question, answer] of [
      ["What time is it?", "The time is `TIME()` 3:20 AM."],
      ["What is the date?", "The date is `DATE()` Friday, March 1, 2019."],
      ["What time is it?", "The time is `TIME()` 7:45 PM."],
    ]) {
      history.append("user", question!);
      history.append("bot", answer!);
    }
    return history;
  }

  test("the model calls, gets the results in its reply, and goes on; only the results are evaluated", async () => {
    const functions = new BotFunctionSet();
    for (const fn of [TIME, DATE]) functions.register(fn);
    const history = taught(functions);
    const date = await ask(history, "What is the date?", functions.list());
    expect(date.printed).toBe("The date is `DATE()` Monday, June 3, 2024.\n\n");
    expect(date.reply.calls).toMatchObject([{ name: "DATE", status: "ok" }]);
    const [range] = date.reply.insertedRanges;
    expect(model.detokenize(date.reply.tokens.slice(range!.start, range!.end))).toBe(" Monday, June 3, 2024");
    expect(date.reply.stats.insertedEvaluatedTokens).toBeLessThanOrEqual(date.reply.stats.insertedTokens + 1);
    const time = await ask(history, "What time is it?", functions.list());
    expect(time.printed).toBe("The time is `TIME()` 9:05 PM.\n\n");
    expect(time.reply.stats.reusedTokens).toBe(time.position);
    expect(time.position).toBeGreaterThan(date.input.length);
  });

  test("with the clock of the machine", async () => {
    const functions = new BotFunctionSet();
    functions.register(() => String(new Date().getFullYear()), { name: "DATE", docs: "Returns the year." });
    functions.register(TIME);
    const { printed } = await ask(taught(functions), "What is the date?", functions.list());
    expect(printed).toContain(`\`DATE()\` ${new Date().getFullYear()}`);
  });
});
