import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import packageFile from "../../package.json" with { type: "json" };
import { CapturedOutput } from "../../test/cli/fake-chat.ts";
import { chatCommands } from "./chat/chat-commands.ts";
import { runCli } from "./run-cli.ts";

async function run(...args: string[]) {
  const [input, output, errors] = [new PassThrough(), new CapturedOutput(), new CapturedOutput()];
  input.end();
  const interrupt = new AbortController();
  const environment = { XDG_CACHE_HOME: join(tmpdir(), "colloquy-none") };
  const code = await runCli(args, { input, output, errors, environment, interrupt: interrupt.signal });
  return { code, output: output.text, errors: errors.text };
}

describe("help", () => {
  test("--version prints the version", async () => {
    expect(await run("--version")).toEqual({ code: 0, output: `${packageFile.version}\n`, errors: "" });
  });

  test("--help lists the commands", async () => {
    const { code, output, errors } = await run("--help");
    expect([code, errors]).toEqual([0, ""]);
    for (const name of ["chat", "model", "inspect", "gpu", "media"])
      expect(output).toMatch(new RegExp(`^ +${name} `, "m"));
  });

  test.each([["chat"], ["model", "pull"], ["gpu", "add"], ["inspect"]])(
    "%s %s has help of its own",
    async (...path) => {
      const { code, output } = await run(...path, "--help");
      expect(code).toBe(0);
      expect(output).toContain(`Usage: colloquy ${path.join(" ")}`);
    },
  );
});

describe("a wrong command line is refused with exit code 2, one line, and nothing in the output", () => {
  test.each([
    [["--prompt"], /argument missing/],
    [["--frobnicate"], /unknown option/],
    [["insepct", "x"], /unknown command.*\n.*inspect/],
    [["inspect"], /missing required argument/],
    [["chat", "Hello"], /too many arguments/],
    [["--seed", "x"], /--seed takes an integer of at least 0, not "x"/],
    [["--top-p", "1.5"], /--top-p takes a number from 0 to 1/],
    [["--temperature", "-1"], /--temperature takes/],
    [["--max-new-tokens", "0"], /--max-new-tokens takes an integer of at least 1/],
    [["--context-size", "2.5"], /--context-size takes an integer/],
    [["--threads", ""], /--threads takes/],
    [["--gpu", "abacus"], /--gpu takes auto, cuda/],
    [["--engine", "abacus"], /--engine.*llama-server, vllm/],
    [["--engine", "vllm"], /--engine vllm needs --engine-url/],
    [["--engine", "vllm", "--engine-url", "cluster"], /--engine-url takes an address/],
    [["--engine-url", "http://cluster"], /need --engine llama-server/],
    [
      ["--engine", "vllm", "--engine-url", "http://cluster", "--threads", "2"],
      /--threads is about this machine/,
    ],
    [
      ["serve", "--engine", "vllm", "--engine-url", "http://cluster", "--embeddings"],
      /--embeddings is about/,
    ],
    [["gpu", "add", "abacus"], /no build "abacus"/],
  ])("%j", async (args, message) => {
    const { code, output, errors } = await run(...args);
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/\n\s+at /);
    expect([code, output]).toEqual([2, ""]);
  });
});

describe("what fails ends with exit code 1, a message and no stack trace", () => {
  test.each([
    [["--model", "no-such-file.gguf"], /no model file at/],
    [["--model", "ftp://example.com/x.gguf"], /cannot be fetched over "ftp:"/],
    [["--resume", "no-such-chat.json"], /"no-such-chat.json" cannot be read/],
    [["model", "path", "no-such-file.gguf"], /no model file at/],
    [["inspect", "no-such-file.gguf"], /no model file at/],
  ])("%j", async (args, message) => {
    const { code, output, errors } = await run(...args);
    expect(errors).toMatch(message);
    expect(errors).toMatch(/^colloquy: /);
    expect(errors).not.toMatch(/\n\s+at /);
    expect([code, output]).toEqual([1, ""]);
  });

  test("a file that is no model is named before anything is loaded", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "colloquy-cli-")), "text.gguf");
    await writeFile(path, "This is no model, but a text that is long enough.");
    expect(await run("inspect", path)).toMatchObject({ code: 1, errors: expect.stringContaining("GGUF") });
  });

  test("--debug adds code and stack trace", async () => {
    const { errors } = await run("--model", "no-such-file.gguf", "--debug");
    expect(errors).toMatch(/\[model-not-found\].*\n\s+at /s);
  });
});

describe("when the output cannot be written", () => {
  test.each([
    ["EPIPE", 0, ""],
    ["ENOSPC", 1, "colloquy: No space left\n"],
  ])("%s ends with exit code %i", async (name, code, message) => {
    const errors = new CapturedOutput();
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("No space left"), { code: name })),
    });
    const interrupt = new AbortController();
    const io = { input: new PassThrough(), output, errors, environment: {}, interrupt: interrupt.signal };
    expect(await runCli(["gpu", "list"], io)).toBe(code);
    expect(errors.text).toBe(message);
  });
});

test("the chat's commands have names of their own", () => {
  const names = chatCommands.flatMap((command) => command.names);
  expect(new Set(names).size).toBe(names.length);
});
