import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { TokenBias } from "../engine/sampling/token-bias.ts";
import type { Token } from "../engine/token.ts";
import { getLlama } from "./get-llama.ts";
import { remoteSampling } from "./remote-sampling.ts";
import { readRemoteState, writeRemoteState } from "./remote-state-file.ts";

describe("options of an engine elsewhere", () => {
  const url = "http://127.0.0.1:1";
  test.each([
    [{ type: "other", url }, "engine.type"],
    [{ type: "vllm", url: "cluster" }, "engine.url"],
    [{ type: "vllm", url, workers: "http://a" }, "engine.workers"],
    [{ type: "vllm", url, workers: ["http://a", "b"] }, "engine.workers"],
    [{ type: "vllm", url, token: "x" }, "engine.token"],
    [{ type: "vllm", url, apiKey: 1 }, "engine.apiKey"],
    [{ type: "vllm", url, headers: "x" }, "engine.headers"],
    [{ type: "vllm", url, sessionHeader: "a b" }, "engine.sessionHeader"],
    [{ type: "vllm", url, retries: -1 }, "engine.retries"],
    [{ type: "vllm", url, retryDelayMs: Number.NaN }, "engine.retryDelayMs"],
    ["vllm", "engine"],
  ])("%j is refused by the name of what is wrong", async (engine, name) => {
    await expect(getLlama({ engine: engine as never })).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(name),
    });
  });

  test("options of an engine here are refused beside it", async () => {
    const options = { engine: { type: "vllm", url }, gpu: false } as never;
    await expect(getLlama(options)).rejects.toThrow("gpu");
  });
});

describe("sampling", () => {
  test("what cannot be told to an engine is refused by name", () => {
    const punishTokens = [1 as Token];
    expect(() => remoteSampling({ repeatPenalty: { punishTokens } })).toThrow("repeatPenalty");
    expect(() => remoteSampling({ tokenBias: () => new TokenBias({} as never) })).toThrow("tokenBias");
    expect(() => remoteSampling({ topP: 2 })).toThrow("topP");
    expect(remoteSampling({ repeatPenalty: { punishTokens, penalty: 1 } }).dry).toBeUndefined();
  });

  test("a seed is sent only when it is given", () => {
    expect(remoteSampling().seed).toBeUndefined();
    expect(remoteSampling({ seed: 3 }).seed).toBe(3);
  });
});

test("a state is written whole and read back; others are refused", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  const file = path.join(folder, "a.state");
  const tokenBias = new Map([
    [3, 1.5],
    [4, Number.NEGATIVE_INFINITY],
  ]) as never;
  const sampling = remoteSampling({
    temperature: 0.7,
    seed: 9,
    xtc: { probability: 0.1, threshold: 0.2 },
    tokenBias,
  });
  const state = { model: "m", sessionKey: "s", tokens: [1, 2] as Token[], sampling };
  const { fileSize } = await writeRemoteState(file, state);
  expect(fileSize).toBeGreaterThan(20);
  expect(await readRemoteState(file, "m")).toEqual(state);
  await expect(readRemoteState(file, "n")).rejects.toMatchObject({ code: "state-file-mismatch" });
  for (const text of [
    "",
    "null",
    '{"format":1}',
    '{"format":"colloquy remote sequence","version":2,"model":"m","sessionKey":"s","tokens":[-1]}',
    '{"format":"colloquy remote sequence","version":2,"model":"m","sessionKey":"s","tokens":[],"sampling":{}}',
    '{"format":"colloquy remote sequence","version":1,"model":"m","sessionKey":"s","tokens":[]}',
  ]) {
    writeFileSync(file, text);
    await expect(readRemoteState(file, "m")).rejects.toMatchObject({ code: "state-file-invalid" });
  }
  rmSync(folder, { recursive: true });
});
