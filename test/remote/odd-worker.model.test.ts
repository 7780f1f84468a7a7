import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getLlama } from "../../src/remote/get-llama.ts";
import { connectionKey } from "../../src/remote/http/http-endpoint.ts";
import { generateAll } from "../contract/context-sequence.contract.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { type LlamaServer, startLlamaServer } from "./llama-server.ts";
import { type Router, startNginx } from "./nginx.ts";

let folder: string;
let modelPaths: [string, string];
let workers: LlamaServer[];
let router: Router;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  modelPaths = [
    writeTinyModel(path.join(folder, "tiny.gguf")),
    writeTinyModel(path.join(folder, "odd.gguf"), { words: ["the", "quick", "brown"] }),
  ];
  workers = await Promise.all([
    startLlamaServer({ modelPath: modelPaths[0], contextSize: 256, slots: 2 }),
    startLlamaServer({ modelPath: modelPaths[1], contextSize: 128, slots: 2 }),
  ]);
  router = await startNginx(workers.map(({ port }) => port));
});
afterAll(async () => {
  await router?.stop();
  await Promise.all(workers?.map((worker) => worker.kill()) ?? []);
  rmSync(folder, { recursive: true });
});

/** A key whose requests the router sends to a worker. */
async function keyOf(worker: LlamaServer): Promise<string> {
  for (let number = 0; ; number++)
    if ((await router.workerOf(`key-${number}`)) === worker.port) return `key-${number}`;
}

test("a session that the router sends to a worker with another model gets nothing from it", async () => {
  // Which worker the connection reaches is the router's choice: the other one is the odd one.
  const reached = (await router.workerOf(connectionKey)) === workers[0]!.port ? 0 : 1;
  const [good, odd] = [await keyOf(workers[reached]!), await keyOf(workers[1 - reached]!)];
  const llama = await getLlama({ engine: { type: "llama-server", url: router.url, retries: 0 } });
  const model = await llama.loadModel({ modelPath: modelPaths[reached]! });
  const context = await model.createContext({ sequences: 2 });
  const prompt = model.tokenize("Hello");
  const { tokens } = await generateAll(context.getSequence({ sessionKey: good }), prompt, { maxTokens: 3 });
  expect(tokens).toHaveLength(3);
  await expect(
    generateAll(context.getSequence({ sessionKey: odd }), prompt, { maxTokens: 3 }),
  ).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("tokenizes") });
  await llama.dispose();
});

test("the workers that are named are probed when a model is loaded", async () => {
  const [good, odd] = workers.map(({ url }) => url) as [string, string];
  const load = async (urls: string[]) => {
    const llama = await getLlama({ engine: { type: "llama-server", url: good, workers: urls } });
    return llama.loadModel({ modelPath: modelPaths[0] }).finally(() => llama.dispose());
  };
  expect((await load([good, good])).engineContextSize).toBe(255);
  await expect(load([good, odd])).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining(odd),
  });
});
