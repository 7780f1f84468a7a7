import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getLlama as getLocalLlama } from "../../../src/engine/llama.ts";
import type { SamplingOptions } from "../../../src/engine/sampling/options.ts";
import type { Token } from "../../../src/engine/token.ts";
import type { RemoteContext } from "../../../src/remote/remote-context.ts";
import { generateAll } from "../../contract/context-sequence.contract.ts";
import { writeTinyModel } from "../../gguf/tiny-model.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { openVllm, type ServedVllm, vllmUrl } from "./served-vllm.ts";

describe.skipIf(vllmUrl === undefined)("vLLM itself as an engine: needs COLLOQUY_VLLM_URL", () => {
  let served: ServedVllm;
  let context: RemoteContext;
  beforeAll(async () => {
    served = await openVllm();
    context = await served.model.createContext({ sequences: 8 });
  });
  afterAll(() => served?.llama.dispose());

  const write = async (sampling: SamplingOptions, text = "Once upon a time") => {
    const sequence = context.getSequence();
    const { tokens } = await generateAll(sequence, served.model.tokenize(text), { sampling, maxTokens: 12 });
    await sequence.dispose();
    return tokens;
  };

  test("a seed repeats a reply, with every sampler that is offered", async () => {
    const sampling = { temperature: 1.2, topK: 100, topP: 0.98, minP: 0.01 };
    const first = await write({ ...sampling, seed: 7 });
    expect(await write({ ...sampling, seed: 7 })).toEqual(first);
    expect(await write({ ...sampling, seed: 8 })).not.toEqual(first);
  });

  test("samplers do what their names say", async () => {
    const greedy = await write({});
    expect(await write({ temperature: 2, topK: 1, seed: 1 })).toEqual(greedy);
    expect(await write({ temperature: 2, topP: 1e-6, seed: 2 })).toEqual(greedy);
    expect(await write({ temperature: 2, minP: 1, seed: 3 })).toEqual(greedy);
    const wished = served.model.tokenize(" banana")[0]!;
    const tokenBias = new Map([[wished, 100]]);
    expect(await write({ tokenBias })).toEqual(Array(12).fill(wished));
    const never = new Map([...new Set(greedy)].map((token) => [token, Number.NEGATIVE_INFINITY] as const));
    const others = await write({ tokenBias: never });
    for (const token of greedy) expect(others).not.toContain(token);
  });

  test("samplers that it lacks are refused by name", async () => {
    for (const [name, sampling] of [
      ["xtc", { temperature: 1, xtc: { probability: 0.5, threshold: 0.1 } }],
      ["dryRepeatPenalty", { dryRepeatPenalty: { strength: 1 } }],
      ["repeatPenalty", { repeatPenalty: { penalty: 1.2, punishTokens: () => [] } }],
      ["temperature", { temperature: 0.001 }],
      ["tokenBias", { tokenBias: new Map([[1 as Token, 1000]]) }],
    ] as const)
      await expect(write(sampling as SamplingOptions)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining(name),
      });
  });

  test("log probabilities are close to those of llama.cpp here", async () => {
    const local = await getLocalLlama({ gpu: false, maxThreads: 1 });
    const model = await local.loadModel({ modelPath: served.modelPath });
    const here = (await model.createContext({ contextSize: 64 })).getSequence();
    const there = context.getSequence();
    const target = model.tokenize("The capital of France is");
    const ask = { maxTokens: 3, logprobs: 4 };
    const [ours, theirs] = [await generateAll(here, target, ask), await generateAll(there, target, ask)];
    expect(theirs.tokens[0]).toBe(ours.tokens[0]);
    const [a, b] = [ours.steps[0]!.logprobs!, theirs.steps[0]!.logprobs!];
    expect(Math.abs(a.token - b.token)).toBeLessThan(0.2);
    for (const step of theirs.steps) expect(step.logprobs!.top).toHaveLength(4);
    expect(b.top[0]![0]).toBe(a.top[0]![0]);
    const drawn = { ...ask, sampling: { temperature: 2, seed: 1 } };
    for (const { logprobs } of (await generateAll(there, target, drawn)).steps)
      expect(logprobs!.top.length).toBeLessThanOrEqual(4);
    await expect(generateAll(there, target, { maxTokens: 1, logprobs: 1000 })).rejects.toMatchObject({
      code: "unsupported",
    });
    await there.dispose();
    await local.dispose();
  });

  test("a connection cut in mid-stream is gone on with, to the undisturbed greedy reply", async () => {
    const proxy = await startCuttingProxy(served.url);
    const through = await openVllm(proxy.url);
    const sequence = (await through.model.createContext()).getSequence();
    const target = served.model.tokenize("Once upon a time there was");
    const undisturbed = await generateAll(sequence, target, { maxTokens: 32 });
    proxy.cutAfter(4000);
    const disturbed = await generateAll(sequence, target, { maxTokens: 32 });
    expect(proxy.cuts).toBeGreaterThan(1);
    expect(disturbed).toEqual(undisturbed);
    proxy.cutAfter(1);
    await expect(generateAll(sequence, target, { maxTokens: 4 })).rejects.toMatchObject({
      code: "native-failure",
    });
    proxy.cutAfter(undefined);
    expect((await generateAll(sequence, target, { maxTokens: 4 })).tokens).toEqual(
      undisturbed.tokens.slice(0, 4),
    );
    await through.llama.dispose();
    await proxy.close();
  });

  test("another model's vocabulary is refused when connecting", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
    const modelPath = writeTinyModel(path.join(folder, "tiny.gguf"));
    await expect(served.llama.loadModel({ modelPath })).rejects.toMatchObject({ code: "unsupported" });
    rmSync(folder, { recursive: true });
  });

  test("a name that it does not serve is refused", async () => {
    const { modelPath } = served;
    await expect(served.llama.loadModel({ modelPath, servedName: "nothing" })).rejects.toMatchObject({
      code: "model-not-found",
    });
  });

  test("the old name of its grammar option is ignored: the reason for the probe", async () => {
    const ask = async (more: object) => {
      const answer = await fetch(new URL("/v1/completions", served.url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: served.model.name,
          prompt: served.model.tokenize("Hello"),
          max_tokens: 8,
          temperature: 0,
          ...more,
        }),
      });
      return ((await answer.json()) as { choices: { text: string }[] }).choices[0]!.text;
    };
    const grammar = 'root ::= "你好"';
    expect(await ask({ structured_outputs: { grammar } })).toBe("你好");
    expect(await ask({ guided_grammar: grammar })).not.toContain("你好");
  });
});
