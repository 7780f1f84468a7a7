import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFakeChat, type FakeChatOptions, TypedInput } from "../../../test/cli/fake-chat.ts";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { runTerminalChat } from "./terminal-chat.ts";

const ctrl = (key: string) => String.fromCharCode(key.charCodeAt(0) - 96);
const up = "\u001b[A";

async function openChat(options: FakeChatOptions & { cache?: string } = {}) {
  const { cache = await mkdtemp(join(tmpdir(), "colloquy-cli-")), ...rest } = options;
  const fake = createFakeChat({ ...rest, terminal: true });
  const input = new TypedInput();
  const interrupt = new AbortController();
  const done = runTerminalChat(fake.chat, {
    input,
    output: fake.output,
    environment: { XDG_CACHE_HOME: cache },
    interrupt: interrupt.signal,
    hint: "A hint.",
  });
  await fake.output.waitFor(/>> $/);
  /** Types, and waits until the chat asks for the next prompt. */
  const say = async (keys: string) => {
    const from = fake.output.plain.length;
    input.write(keys);
    await fake.output.waitFor(/\n>> $/, from);
    return fake.output.plain.slice(from);
  };
  return { ...fake, input, interrupt, done, say, cache };
}

const users = (chat: { session: { history: Iterable<{ role: string; text: string }> } }) =>
  [...chat.session.history].filter(({ role }) => role === "user").map(({ text }) => text);

describe("an interactive chat", () => {
  test("greets, marks the prompt, streams the reply and ends with Ctrl+D", async () => {
    const { say, output, input, done } = await openChat();
    expect(output.plain).toMatch(/^Fake, room for 4096 tokens\. \/help lists.*\nA hint\.\n>> $/);
    expect(await say("Hi\r")).toMatch(/Hi\nOne\.\n>> $/);
    input.write(ctrl("d"));
    await done;
    expect(output.plain).toMatch(/>> \n$/);
  });

  test("ends with the end of input and with /exit", async () => {
    const first = await openChat();
    first.input.end();
    await first.done;
    const second = await openChat();
    second.input.write("/exit\r");
    await second.done;
    expect(users(second.chat)).toEqual([]);
  });

  test("asks before something is built for an image; only yes is yes", async () => {
    const answers: boolean[] = [];
    const { say, output, input, chat, done } = await openChat({
      openImages: async (signal, confirm) => {
        answers.push(await confirm!("It takes a minute.\nBuild? [y/N] ", signal));
        if (!answers.at(-1)) throw new Error("not built");
      },
    });
    Object.assign(chat.session.model, { supportsImages: true });
    const ask = async (answer: string) => {
      const from = output.plain.length;
      input.write("https://example.org/cat.png\r");
      await output.waitFor("It takes a minute.\nBuild? [y/N] ", from);
      return say(answer);
    };
    expect(await ask("\r")).toContain("not built");
    expect(await ask("yellow\r")).toContain("not built");
    // Ctrl+C takes the question back.
    expect(await ask(ctrl("c"))).toContain("(stopped");
    expect(answers).toEqual([false, false]);
    expect(await ask("Y\r")).toContain("What is the question about the image?");
    chat.forgetImages();
    // A line that was typed ahead is no answer.
    const from = output.plain.length;
    input.write("https://example.org/cat.png\ry\r");
    await output.waitFor(/Build\? \[y\/N\] $/, from);
    expect(await say("no\r")).toContain("not built");
    expect(answers).toEqual([false, false, true, false]);
    input.write(ctrl("d"));
    await done;
  });

  test("the arrow keys bring back earlier lines, those of an earlier chat too", async () => {
    const { say, input, done, cache, chat } = await openChat();
    await say("First\r");
    await say(`${up}!\r`);
    expect(users(chat)).toEqual(["First", "First!"]);
    input.write(ctrl("d"));
    await done;
    expect(await readFile(join(cache, "colloquy", "history"), "utf8")).toBe("First\nFirst!\n");
    const later = await openChat({ cache });
    await later.say(`${up}${up}\r`);
    expect(users(later.chat)).toEqual(["First"]);
    later.input.end();
    await later.done;
  });

  test("the tabulator completes commands", async () => {
    const { say, input, done, output } = await openChat();
    input.write("/hist");
    await output.waitFor(/\/hist$/);
    input.write("\t");
    await output.waitFor(/\/history $/);
    expect(await say("\r")).toMatch(/0 system Be kind\./);
    input.end();
    await done;
  });

  test("a backslash at the end continues the line", async () => {
    const { say, input, done, chat, output } = await openChat();
    input.write("a\\\r");
    await output.waitFor(/\n\.\. $/);
    await say("b\r");
    expect(users(chat)).toEqual(["a\nb"]);
    input.end();
    await done;
  });

  test("lines that are pasted or typed ahead are answered in order, and not mixed into the replies", async () => {
    const { input, done, chat, output } = await openChat({ delayMs: 1 });
    input.write("a\rb\r");
    await output.waitFor("One.");
    input.write("c\r");
    await output.waitFor(/Three\.\n>> $/);
    expect(users(chat)).toEqual(["a", "b", "c"]);
    expect(output.plain).toMatch(/>> a\nOne\.\n>> b\nTwo\.\n>> c\nThree\.\n>> $/);
    input.end();
    await done;
  });
});

describe("Ctrl+C", () => {
  const endless = replies("x".repeat(4000));

  test("stops a reply and keeps what was written; the next prompt goes on", async () => {
    const { input, done, chat, output, say } = await openChat({ next: endless, delayMs: 1 });
    input.write("Hi\r");
    await output.waitFor("xxx");
    await say(ctrl("c"));
    expect(output.plain).toMatch(/x\n\(stopped; Ctrl\+C again leaves\)\n>> $/);
    expect(chat.session.history.at(-1)?.text).toMatch(/^x{3,3999}$/);
    input.write("/exit\r");
    await done;
  });

  test("twice leaves", async () => {
    const { input, done, output } = await openChat({ next: endless, delayMs: 1 });
    input.write("Hi\r");
    await output.waitFor("xxx");
    input.write(ctrl("c"));
    input.write(ctrl("c"));
    await done;
  });

  test("drops a half-typed line, and leaves at an empty one", async () => {
    const { input, done, chat, say } = await openChat();
    await say(`half${ctrl("c")}`);
    input.write(ctrl("c"));
    await done;
    expect(users(chat)).toEqual([]);
  });

  test("an interrupt from outside leaves too", async () => {
    const { input, interrupt, done, output } = await openChat({ next: endless, delayMs: 1 });
    input.write("Hi\r");
    await output.waitFor("xxx");
    interrupt.abort();
    await done;
  });
});
