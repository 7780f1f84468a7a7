import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CapturedOutput, TypedInput } from "../../../test/cli/fake-chat.ts";
import { tinyModel } from "../../../test/gguf/tiny-model.ts";
import { writeRandomGemma3Projector } from "../../../test/gguf/tiny-projector.ts";
import { writeGguf } from "../../../test/gguf/write-gguf.ts";
import { quartersPng } from "../../../test/media/colours.ts";
import { getLlama } from "../../engine/llama.ts";
import type { CliInput } from "../cli-io.ts";
import { runCli } from "../run-cli.ts";

let folder: string;
let args: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "colloquy-cli-"));
  const model = join(folder, "eyes.gguf");
  writeGguf(model, tinyModel({ architecture: "llama" }));
  const llama = await getLlama({ gpu: false });
  const { embeddingVectorSize } = await llama.loadModel({ modelPath: model, mmprojPath: false });
  await llama.dispose();
  writeRandomGemma3Projector(join(folder, "mmproj-eyes.gguf"), embeddingVectorSize, 1);
  const image = join(folder, "cat.png");
  writeFileSync(image, await quartersPng(["red", "red", "red", "red"]));
  args = ["chat", "--model", model, "--gpu", "off", "--threads", "1", "-n", "4", "--prompt", image, "Hi"];
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command line where the library of images is not built. */
function run(input: CliInput, isTerminal: boolean) {
  const output = new CapturedOutput(isTerminal);
  const errors = new CapturedOutput(isTerminal);
  const environment = { PATH: process.env.PATH, XDG_CACHE_HOME: join(folder, "cache") };
  const interrupt = new AbortController().signal;
  return { output, errors, done: runCli(args, { input, output, errors, environment, interrupt }) };
}

test("off a terminal an image fails and says what to do, and text is answered", async () => {
  const { output, errors, done } = run(new PassThrough().end(), false);
  expect(await done).toBe(1);
  expect(errors.text).toContain("Images need a library that is not built yet");
  expect(errors.text).toContain("colloquy media build");
  expect(output.text).toMatch(/\n$/);
  expect(existsSync(join(folder, "cache", "colloquy", "media"))).toBe(false);
});

test("at a terminal the user is asked, and without a yes nothing is built", async () => {
  const input = new TypedInput();
  const { output, errors, done } = run(input, true);
  await errors.waitFor("Build it now? [y/N] ");
  expect(errors.plain).toMatch(/40 MB .* compiled with \S+/);
  input.write("n\r");
  expect(await done).toBe(1);
  expect(output.plain + errors.plain).toContain("was not built");
  expect(existsSync(join(folder, "cache", "colloquy", "media"))).toBe(false);
});
