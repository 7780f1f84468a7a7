import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { answerLines } from "../../src/cli/chat/answer-lines.ts";
import { handleLine } from "../../src/cli/chat/handle-line.ts";
import type { CliIo } from "../../src/cli/cli-io.ts";
import { createProgram } from "../../src/cli/create-program.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { messageMark } from "../../src/template/named/chat-template.ts";
import { chatTemplate } from "../../src/template/named/choose-chat-template.ts";
import { CapturedOutput, createFakeChat } from "../cli/fake-chat.ts";
import { FakeModel } from "../fake/fake-model.ts";

// Many history implementations have gone wrong in the same places. They are numbered in docs/guide/chat-history.md,
// and each number is in the title of the test that shows ours to be right. What has a home elsewhere is tested there.

const { signal } = new AbortController();

function createIo(): CliIo & { output: CapturedOutput; errors: CapturedOutput } {
  const input = new PassThrough();
  input.end();
  const [output, errors] = [new CapturedOutput(), new CapturedOutput()];
  const environment = { XDG_CACHE_HOME: join(tmpdir(), "colloquy-none") };
  return { input, output, errors, environment, interrupt: signal };
}

describe("the choice of a template", () => {
  test.each([
    ["dolphin-2.6.gguf", undefined],
    ["Llama-3-VILA-8b.gguf", "llama-3"],
    ["Meta-Llama-3.1-8B-Instruct.gguf", "llama-3.1"],
    ["phi-2.Q4.gguf", "phi-2-instruct"],
  ])("D15: %s is not mistaken for another model", (filename, expected) => {
    const model = { metadata: {}, filename };
    expect(chatTemplate(model)?.name).toBe(expected);
  });

  test("D15: the model's own template counts more than its name", () => {
    const metadata = { "tokenizer.chat_template": "<|im_start|>{{ messages }}" };
    expect(chatTemplate({ metadata, filename: "llama-2.gguf" })).toMatchObject({
      name: "chat-ml",
      reason: "fingerprint",
    });
  });
});

describe("the command line", () => {
  test("D30: /reset begins anew, and a user can say reset", async () => {
    const { chat, session } = createFakeChat();
    for (const line of ["Hi", "reset"]) await handleLine(chat, line, signal);
    expect(session.history.messages.filter(({ role }) => role === "user").map(({ text }) => text)).toEqual([
      "Hi",
      "reset",
    ]);
    await handleLine(chat, "/reset", signal);
    expect(session.history.length).toBe(1);
  });

  test("D31: the end of input ends it, and empty lines are not sent", async () => {
    const { chat, session } = createFakeChat();
    expect(await answerLines(chat, Readable.from(["\n\n", "Hi\n", "\n"]), signal)).toBe(0);
    expect(session.history.length).toBe(3);
    expect(await answerLines(chat, Readable.from([]), signal)).toBe(0);
    expect(session.history.length).toBe(3);
  });

  test("D32: every prompt counts, a missing one is a wrong command line, a missing model no stack trace", async () => {
    const chat = createProgram(createIo(), () => {}).commands.find((command) => command.name() === "chat")!;
    chat.parseOptions(["--prompt", "a", "b", "-p", "c"]);
    expect(chat.opts().prompt).toEqual(["a", "b", "c"]);
    const io = createIo();
    expect(await runCli(["--prompt"], io)).toBe(2);
    const other = createIo();
    expect(await runCli(["--model", "no-such-file.gguf"], other)).toBe(1);
    expect(other.errors.text).not.toMatch(/\n\s+at /);
  });

  test("D32: a template may be a JSON file", () => {
    const file = join(mkdtempSync(join(tmpdir(), "colloquy-template-")), "mine.json");
    const marks = { user: `Q: ${messageMark}\nA:`, bot: `${messageMark}\n`, stop: ["Q:"] };
    writeFileSync(file, JSON.stringify(marks));
    const model = new FakeModel();
    const history = new ChatHistory(model, { chatTemplate: file });
    history.append("user", "Hi");
    expect(model.detokenize(history.tokens)).toBe("Q: Hi\nA:");
    expect(history.template.stop.map(String)).toContain("Q:");
  });
});

describe("HTML", () => {
  test("D35: everything is escaped, and special tokens go by the vocabulary", () => {
    const model = new FakeModel({ specialTokens: ["<s>", "</s>", "<end_of_turn>", "<|eom_id|>"] });
    const history = new ChatHistory(model, { chatTemplate: "vicuna-v1", systemPrompt: false });
    history.append("user", [
      { image: `"><img src=x onerror='a'>.png` },
      "<script>&'\"</script><end_of_turn>",
    ]);
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
    history.append("user", { image: png });
    history.append("bot", "`a<b`<|eom_id|></s>");
    const [first, bytes, reply] = history.toList({ html: true });
    for (const value of [first!.image, first!.text]) expect(value).not.toMatch(/[<>"']/);
    expect(first!.text).toBe("&lt;script&gt;&amp;&#39;&quot;&lt;/script&gt;");
    expect(bytes).toEqual({ role: "user", image: png });
    expect(reply!.text).toBe("<code>a&lt;b</code>");
  });
});

test("every defect from D1 to D35 is in the title of a test", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const titles = ["src", "test"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) =>
        join(root, folder, path),
      ),
    )
    .filter((path) => path.endsWith(".test.ts"))
    .flatMap((path) => readFileSync(path, "utf8").match(/["'`](?:D\d+(?:, )?)+:[^\n]*/g) ?? []);
  const numbers = new Set(
    titles.flatMap((title) => /^[^:]*/.exec(title)![0].match(/\d+/g) ?? []).map(Number),
  );
  const missing = Array.from({ length: 35 }, (_, index) => index + 1).filter(
    (number) => !numbers.has(number),
  );
  expect(missing).toEqual([]);
});
