import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFakeChat, type FakeChatOptions } from "../../../test/cli/fake-chat.ts";
import { replies } from "../../../test/fake/fake-sequence.ts";
import { ColloquyError } from "../../base/errors.ts";
import { handleLine } from "./handle-line.ts";

function createLines(options: FakeChatOptions = {}) {
  const fake = createFakeChat(options);
  const { signal } = new AbortController();
  const say = async (...lines: string[]) => {
    const outcomes: string[] = [];
    for (const line of lines) outcomes.push(await handleLine(fake.chat, line, signal));
    return outcomes.at(-1);
  };
  const history = () => fake.session.history.messages.map(({ role, text }) => `${role}: ${text}`);
  return { ...fake, say, history };
}

const folder = () => mkdtemp(join(tmpdir(), "colloquy-cli-"));

describe("prompts", () => {
  test("are answered, a line each; empty lines are passed over", async () => {
    const { say, output, errors, history } = createLines();
    expect(await say("Hi", "", "   ", "And you?")).toBe("done");
    expect(output.text).toBe("One.\nTwo.\n");
    expect(errors.text).toBe("");
    expect(history()).toEqual([
      "system: Be kind.",
      "user: Hi",
      "model: One.",
      "user: And you?",
      "model: Two.",
    ]);
  });

  test.each(["reset", "clear", "help", "exit", "quit", "undo"])(
    "the word %s alone is a prompt",
    async (word) => {
      const { say, history } = createLines();
      expect(await say(word)).toBe("done");
      expect(history()).toContain(`user: ${word}`);
    },
  );

  test("a space in front makes a prompt of what looks like a command", async () => {
    const { say, history } = createLines();
    await say(" /reset");
    expect(history()).toContain("user: /reset");
  });

  test("a path is no command", async () => {
    const { say, history } = createLines();
    await say("/usr/bin/env is what?");
    expect(history()).toContain("user: /usr/bin/env is what?");
  });

  test("an image is refused, and the chat goes on", async () => {
    const { say, errors, history } = createLines();
    const path = join(await folder(), "cat.PNG");
    await writeFile(path, "x");
    expect(await say(path)).toBe("failed");
    expect(errors.text).toMatch(/takes no images/);
    expect(await say("please delete cat.png")).toBe("done");
    expect(history()).toContain("user: please delete cat.png");
  });

  test("an image that cannot be used is forgotten, and text goes on", async () => {
    const opened: unknown[] = [];
    const { say, errors, history, session } = createLines({
      openImages: async (_signal, confirm) => {
        opened.push(confirm);
        throw new ColloquyError("media-unsupported", "not built", { hint: "colloquy media build" });
      },
    });
    Object.assign(session.model, { supportsImages: true });
    const path = join(await folder(), "cat.png");
    await writeFile(path, "x");
    expect(await say(path)).toBe("failed");
    expect(errors.text).toContain("not built (colloquy media build)");
    expect(opened).toEqual([undefined]);
    expect(await say("Hi")).toBe("done");
    expect(history().slice(1)).toEqual(["user: Hi", "model: One."]);
  });

  test("what goes wrong is told, and the chat goes on", async () => {
    const { say, errors } = createLines({ contextSize: 64 });
    expect(await say("long ".repeat(200))).toBe("failed");
    expect(errors.text).toMatch(/^colloquy: .*tokens/);
    expect(await say("/reset")).toBe("done");
  });
});

describe("commands", () => {
  test("an unknown one is named, with the nearest", async () => {
    const { say, errors, history } = createLines();
    expect(await say("/hsitory")).toBe("failed");
    expect(errors.text).toMatch(/no command \/hsitory.*did you mean \/history\?/);
    expect(await say("/quux")).toBe("failed");
    expect(errors.text).toMatch(/\/quux: \/help lists the commands/);
    expect(history()).toEqual(["system: Be kind."]);
  });

  test.each(["/reset", "/clear", "/RESET"])("%s begins anew with the system prompt", async (command) => {
    const { say, history } = createLines();
    await say("Hi", command);
    expect(history()).toEqual(["system: Be kind."]);
    await say("Hi");
    expect(history()).toHaveLength(3);
  });

  test("/undo takes the last turn away, and only its tokens are evaluated anew", async () => {
    const { say, history, sequence, errors } = createLines({ next: replies("One.", "Two.") });
    await say("Hi", "And you?", "/undo");
    expect(history()).toEqual(["system: Be kind.", "user: Hi", "model: One."]);
    expect(errors.text).toContain("Removed: And you?");
    await say("And you?");
    expect(sequence.lastEvaluation?.evaluatedTokens).toBeLessThan(3);
    expect(await say("/undo", "/undo", "/undo")).toBe("failed");
    expect(history()).toEqual(["system: Be kind."]);
  });

  test("/retry answers the same message again", async () => {
    const { say, history, output, errors, sequence } = createLines();
    expect(await say("/retry")).toBe("failed");
    await say("Hi", "And you?", "/retry 0.8");
    expect(history()).toHaveLength(5);
    expect(output.text).toBe("One.\nTwo.\nTwo.\n");
    expect(sequence.calls.at(-1)?.options.sampling).toMatchObject({ temperature: 0.8 });
    expect(errors.text).not.toContain("temperature 0 gives");
    await say("/retry");
    expect(errors.text).toContain("temperature 0 gives the same reply");
    expect(await say("/retry warm")).toBe("failed");
    expect(history()).toHaveLength(5);
  });

  test("/retry draws with another seed", async () => {
    const { say, sequence } = createLines({ sampling: { seed: 5, temperature: 1 } });
    await say("Hi", "/retry", "/retry");
    const seeds = sequence.calls.map(({ options }) => options.sampling?.seed);
    expect(new Set(seeds).size).toBe(3);
  });

  test("/edit changes a message, and the model sees the change", async () => {
    const { say, history, sequence } = createLines();
    await say("Hi", "/edit 2 Four.", "And?");
    expect(history()).toContain("model: Four.");
    expect(sequence.model.detokenize(sequence.calls.at(-1)!.target)).toContain("Four.");
    await say("/edit -1 Last.");
    expect(history().at(-1)).toBe("model: Last.");
    for (const wrong of ["/edit", "/edit x y", "/edit 1", "/edit 99 text"])
      expect(await say(wrong)).toBe("failed");
  });

  test("/remove takes one message away", async () => {
    const { say, history } = createLines();
    await say("Hi", "And you?", "/remove 1", "/remove -1");
    expect(history()).toEqual(["system: Be kind.", "model: One.", "user: And you?"]);
    for (const wrong of ["/remove", "/remove x", "/remove 3"]) expect(await say(wrong)).toBe("failed");
  });

  test("/history lists the messages and shows one whole", async () => {
    const long = `${"word ".repeat(30)}end`;
    const { say, errors } = createLines({ next: replies(long) });
    await say("Hi", "/history");
    expect(errors.text).toMatch(/^0 system Be kind\.\n1 user {3}Hi\n2 model {2}word [^\n]{1,60}…\n$/);
    await say("/history 2");
    expect(errors.text).toContain(long);
    expect(await say("/history 9")).toBe("failed");
  });

  test("/system shows, sets and reads the system prompt from a file", async () => {
    const { say, errors, history } = createLines();
    await say("/system");
    expect(errors.text).toBe("Be kind.\n");
    await say("Hi", "/system Be brief.");
    expect(history()).toEqual(["system: Be brief.", "user: Hi", "model: One."]);
    const path = join(await folder(), "prompt.txt");
    await writeFile(path, "Be exact.\n");
    await say(`/system ${path}`);
    expect(history()[0]).toBe("system: Be exact.");
  });

  test("/save and /load keep a chat", async () => {
    const { say, history, errors } = createLines();
    const path = join(await folder(), "chat.json");
    await say("Hi", `/save ${path}`);
    const saved = history();
    expect(JSON.parse(await readFile(path, "utf8"))).toHaveLength(3);
    await say("/reset", `/load ${path}`);
    expect(history()).toEqual(saved);
    await writeFile(path, "[1]");
    errors.text = "";
    expect(await say(`/load ${path}`)).toBe("failed");
    expect(errors.text).toMatch(/holds no chat: message 0/);
    expect(history()).toEqual(saved);
    for (const wrong of ["/load", "/save", "/load nowhere.json"]) expect(await say(wrong)).toBe("failed");
  });

  test("with a file for saving, every reply is saved", async () => {
    const savePath = join(await folder(), "chat.json");
    const { say } = createLines({ savePath });
    await say("Hi");
    expect(JSON.parse(await readFile(savePath, "utf8"))).toHaveLength(3);
    await say("Hi", "/undo", "/save");
    expect(JSON.parse(await readFile(savePath, "utf8"))).toHaveLength(3);
  });

  test("/stats tells what was reused and evaluated", async () => {
    const { say, errors } = createLines();
    await say("/stats");
    expect(errors.text).toMatch(/^No reply yet/);
    await say("Hi", "And you?", "/stats");
    expect(errors.text).toMatch(/prompt \d\d+ reused, \d+ evaluated.*reply 4 tokens.*context \d+ of 4096/);
  });

  test("/image needs a path and a model with eyes", async () => {
    const { say, errors } = createLines();
    expect(await say("/image")).toBe("failed");
    expect(await say("/image cat.png")).toBe("failed");
    expect(errors.text).toMatch(/takes no images/);
  });

  test("/help lists every command", async () => {
    const { say, errors } = createLines();
    await say("/help");
    for (const name of ["/reset, /clear", "/undo", "/retry", "/edit N TEXT", "/load FILE", "/exit, /quit"])
      expect(errors.text).toContain(name);
  });

  test.each(["/exit", "/quit"])("%s leaves", async (command) => {
    const { say } = createLines();
    expect(await say(command)).toBe("leave");
  });
});

test("figures after every reply, thoughts and notes stay out of the output", async () => {
  const { say, output, errors } = createLines({ showStats: true, sampling: { maxTokens: 2 } });
  await say("Hi");
  expect(output.text).toBe("On\n");
  expect(errors.text).toMatch(/cut at 2 tokens.*\n.*reply 2 tokens/);
});

test("control characters of a reply do not reach a terminal", async () => {
  const reply = "a\u001b[2Jb\u0007\tc\nd";
  const { say, output } = createLines({ next: replies(reply), terminal: true });
  await say("Hi");
  expect(output.text).toBe("a[2Jb\tc\nd\n");
  const piped = createLines({ next: replies(reply) });
  await piped.say("Hi");
  expect(piped.output.text).toBe(`${reply}\n`);
});
