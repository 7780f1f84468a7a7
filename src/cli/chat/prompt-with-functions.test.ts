import { describe, expect, test } from "vitest";
import { createFakeChat } from "../../../test/cli/fake-chat.ts";
import { scripted } from "../../../test/fake/fake-sequence.ts";
import { defineBotFunction } from "../../chat/bot-functions/bot-function.ts";
import { handleLine } from "./handle-line.ts";

const { signal } = new AbortController();

function createCalls(write: (written: string) => string, maxTokens?: number) {
  const calls: unknown[][] = [];
  const time = defineBotFunction(
    (...args: unknown[]) => {
      calls.push(args);
      return `12:0${calls.length}`;
    },
    { name: "time", docs: "Returns the time." },
  );
  const next = scripted(({ written }) => write(written));
  return { calls, ...createFakeChat({ next, functions: [time], sampling: { maxTokens } }) };
}

/** Writes one text, and another one behind each result; the last one again and again. */
const parts =
  (...texts: string[]) =>
  (written: string) => {
    const own = written.split(/12:0\d+/);
    const part = texts[Math.min(own.length, texts.length) - 1]!;
    return part.startsWith(own.at(-1)!) ? part.slice(own.at(-1)!.length) : "";
  };

describe("functions that the reply calls", () => {
  test("are described to the model, run once each, and the reply goes on behind their results", async () => {
    const { chat, calls, output, session, sequence } = createCalls(
      parts("It is `time()` never seen", ", and then time() never seen", ". Done."),
    );
    expect(session.history.systemPrompt).toMatch(/^Be kind\.\n\n.*time\(/s);
    expect(await handleLine(chat, "What time is it?", signal)).toBe("done");
    expect(output.text).toBe("It is `time()` 12:01, and then time() 12:02. Done.\n");
    expect(calls).toEqual([[], []]);
    expect(session.history.messages.map(({ role, text }) => [role, text]).slice(1)).toEqual([
      ["user", "What time is it?"],
      ["model", "It is `time()` 12:01, and then time() 12:02. Done."],
    ]);
    // " 12:02" and what lost its place behind the call; not the chat.
    expect(sequence.lastEvaluation?.evaluatedTokens).toBeLessThan(10);
  });

  test("a call at the very end of the reply is run", async () => {
    const { chat, output } = createCalls(parts("`time()", "!"));
    await handleLine(chat, "Hi", signal);
    expect(output.text).toBe("`time() 12:01!\n");
  });

  test("results do not lift the limit of the reply's length", async () => {
    const { chat, calls, output, errors } = createCalls(parts(" and time() and"), 40);
    await handleLine(chat, "Hi", signal);
    expect(calls.length).toBeGreaterThan(2);
    expect(output.text.match(/[a-z()]/g)?.length).toBeLessThanOrEqual(40);
    expect(errors.text).toMatch(/cut at 40 tokens/);
  });

  test("Ctrl+C stops between calls and keeps what was written", async () => {
    const { chat, output, session } = createCalls(parts(" and time() and"));
    const stop = new AbortController();
    const answering = handleLine(chat, "Hi", stop.signal);
    await output.waitFor("12:03");
    stop.abort();
    expect(await answering).toBe("done");
    expect(session.history.at(-1)?.text).toMatch(/^ and time\(\) 12:01 and/);
    expect(session.history).toHaveLength(3);
  });

  test("the system prompt can be changed and keeps the description", async () => {
    const { chat, session } = createCalls(() => "");
    await handleLine(chat, "/system Be brief.", signal);
    expect(session.history.systemPrompt).toMatch(/^Be brief\.\n\n.*time\(/s);
  });
});
