import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { buildProgram } from "./build-program.ts";
import { hasTmux, Terminal } from "./terminal.ts";

// A model of random weights answers nonsense at once; its replies end at the length that is set.
let program: string;
let folder: string;
let terminal: Terminal | undefined;

beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), "colloquy-terminal-"));
  writeTinyModel(join(folder, "tiny.gguf"));
});

afterEach(() => {
  terminal?.close();
  terminal = undefined;
});

async function openChat(maxNewTokens: number, ...args: string[]): Promise<Terminal> {
  const command = [process.execPath, program, "chat", "--model", join(folder, "tiny.gguf"), "--threads", "1"];
  const options = ["--max-new-tokens", String(maxNewTokens), ...args];
  terminal = new Terminal([...command, ...options], { XDG_CACHE_HOME: folder });
  await terminal.waitFor(/\/help lists the commands\.\n>>$/);
  return terminal;
}

describe.skipIf(!hasTmux)("a chat in a terminal (needs tmux)", () => {
  test("answers, edits, saves, and ends with Ctrl+D", async () => {
    const chat = await openChat(8, "--stats");
    chat.type("Hello there");
    chat.press("Enter");
    await chat.waitFor(/>> Hello there\n(.*\n)+.*cut at 8 tokens.*\n.*reply 8 tokens.*\n>>$/);
    chat.type("/his");
    chat.press("Tab");
    await chat.waitFor(/>> \/history$/);
    chat.press("Enter");
    await chat.waitFor(/\n0 system .*\n1 user +Hello there\n2 model .*\n>>$/);
    chat.type(`/save ${folder}/ch`);
    chat.press("BSpace", "BSpace");
    chat.type("chat.json");
    chat.press("Enter");
    await chat.waitFor(/Saved to .*chat\.json\n>>$/);
    expect(JSON.parse(readFileSync(join(folder, "chat.json"), "utf8"))).toMatchObject([
      { type: "system" },
      { type: "user", text: "Hello there" },
      { type: "model" },
    ]);
    chat.type("/undo");
    chat.press("Enter");
    await chat.waitFor(/Removed: Hello there\n>>$/);
    chat.type(`/load ${folder}/chat`);
    chat.press("Tab");
    await chat.waitFor(/chat\.json$/);
    chat.press("Enter");
    await chat.waitFor(/Loaded 3 messages\.\n>>$/);
    chat.type("/rest");
    chat.press("Enter");
    await chat.waitFor(/did you mean \/reset\?.*\n>>$/);
    chat.press("C-d");
    await chat.waitFor(/exit code 0$/);
  });

  test("the arrow keys bring back what was typed in an earlier chat", async () => {
    const first = await openChat(2);
    first.type("Remember me");
    first.press("Enter");
    await first.waitFor(/cut at 2 tokens.*\n>>$/);
    first.type("/exit");
    first.press("Enter");
    await first.waitFor(/exit code 0$/);
    first.close();
    const second = await openChat(2);
    second.press("Up", "Up");
    await second.waitFor(/>> Remember me$/);
    second.press("C-c");
    await second.waitFor(/>> Remember me\^C\n>>$/);
    second.press("C-c");
    await second.waitFor(/exit code 0$/);
  });

  test("Ctrl+C stops a reply and keeps it; twice leaves", async () => {
    const chat = await openChat(100_000);
    chat.type("Go on");
    chat.press("Enter");
    await chat.waitFor(/>> Go on\n\S/);
    chat.press("C-c");
    await chat.waitFor(/\(stopped; Ctrl\+C again leaves\)\n>>$/);
    chat.type("/history 2");
    chat.press("Enter");
    await chat.waitFor(/>> \/history 2\n\S(.*\n)*>>$/);
    chat.type("And on");
    chat.press("Enter");
    await chat.waitFor(/>> And on\n\S/);
    chat.press("C-c", "C-c");
    await chat.waitFor(/exit code 0$/);
  });
});
