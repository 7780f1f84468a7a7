import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createFakeChat } from "../../../test/cli/fake-chat.ts";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { answerLines } from "./answer-lines.ts";
import { answerPrompts } from "./answer-prompts.ts";

const { signal } = new AbortController();

test("every line is answered, whatever ends it, and the end of input ends with exit code 0", async () => {
  const { chat, output, errors } = createFakeChat();
  const input = Readable.from(["Hi\r\n\n", "  \nAnd", " you?"]);
  expect(await answerLines(chat, input, signal)).toBe(0);
  expect(output.text).toBe("One.\nTwo.\n");
  expect(errors.text).toBe("");
});

test("nothing is answered without input", async () => {
  const { chat, output } = createFakeChat();
  expect(await answerLines(chat, Readable.from([]), signal)).toBe(0);
  expect(output.text).toBe("");
});

test("commands work, and /exit ends before the end of input", async () => {
  const { chat, output, errors } = createFakeChat();
  const input = Readable.from(["Hi\n/undo\nHi\n/exit\nHi\n"]);
  expect(await answerLines(chat, input, signal)).toBe(0);
  expect(output.text).toBe("One.\nOne.\n");
  expect(errors.text).toBe("Removed: Hi\n");
});

test("a failure makes the exit code 1, and the lines behind it are answered", async () => {
  const { chat, output } = createFakeChat();
  expect(await answerLines(chat, Readable.from(["/nonsense\nHi\n"]), signal)).toBe(1);
  expect(output.text).toBe("One.\n");
  const prompts = [{ image: "cat.png" }, { text: "And you?" }];
  expect(await answerPrompts(chat, prompts, signal)).toBe(1);
  expect(output.text).toBe("One.\nTwo.\n");
});

test("an interrupt stops the reply and everything behind it", async () => {
  const { chat, output } = createFakeChat({ next: replies("x".repeat(4000)), delayMs: 1 });
  const interrupt = new AbortController();
  const code = answerLines(chat, Readable.from(["Hi\nHi\n"]), interrupt.signal);
  await output.waitFor("xxx");
  interrupt.abort();
  expect(await code).toBe(130);
  expect(chat.session.history.length).toBe(3);
});

test("a reply without text is a line too", async () => {
  const { chat, output } = createFakeChat({ next: replies("") });
  await answerPrompts(chat, [{ text: "Hi" }, { text: "Hi" }], signal);
  expect(output.text).toBe("\n\n");
});
