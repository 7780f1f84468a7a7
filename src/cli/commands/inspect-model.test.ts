import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { writeTinyModel } from "../../../test/gguf/tiny-model.ts";
import { inspectModel } from "./inspect-model.ts";

let path: string;
beforeAll(async () => {
  path = writeTinyModel(join(await mkdtemp(join(tmpdir(), "colloquy-cli-")), "tiny.gguf"));
});

test("a model file is summed up, with the chat format and why", async () => {
  const text = await inspectModel(path);
  expect(text).toMatch(/^name +Tiny random llama$/m);
  expect(text).toMatch(/^architecture +llama$/m);
  expect(text).toMatch(/^context +4096 tokens$/m);
  expect(text).toMatch(/^layers +2$/m);
  expect(text).toMatch(/^vocabulary +\d+ tokens$/m);
  expect(text).toMatch(/^chat wrapper +ChatML \(template: /m);
  expect(text).not.toContain("undefined");
});

test("all metadata is there as JSON", async () => {
  expect(JSON.parse(await inspectModel(path, { json: true }))).toMatchObject({
    general: { architecture: "llama", name: "Tiny random llama" },
  });
});
