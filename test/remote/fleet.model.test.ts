import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SamplingOptions } from "../../src/engine/sampling/options.ts";
import type { Token } from "../../src/engine/token.ts";
import { tokenTrieOf } from "../../src/engine/token-trie-of.ts";
import { compileGrammar } from "../../src/grammar/compiled-grammar.ts";
import { parseGbnf } from "../../src/grammar/gbnf/parse-gbnf.ts";
import { getLlama } from "../../src/remote/get-llama.ts";
import type { RemoteContextSequence } from "../../src/remote/remote-context-sequence.ts";
import type { RemoteLlama } from "../../src/remote/remote-llama.ts";
import type { RemoteModel } from "../../src/remote/remote-model.ts";
import { generateAll } from "../contract/context-sequence.contract.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { type LlamaServer, type LlamaServerOptions, startLlamaServer } from "./llama-server.ts";
import { type Router, startNginx } from "./nginx.ts";

const replies = 8;
const maxTokens = 150;
/**
 * A reply that goes on elsewhere is read in one batch there, and sums of floats differ in their last bits with the shape
 * of a batch. Where the two best tokens are further apart than this, that cannot change which one is taken.
 */
const marginMin = 0.003;

let folder: string;
let serverOptions: LlamaServerOptions;
let workers: LlamaServer[];
let router: Router;
let llama: RemoteLlama;
let model: RemoteModel;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  // As many layers as make a reply last long enough to be struck in its middle.
  const modelPath = writeTinyModel(path.join(folder, "tiny.gguf"), { layers: 40 });
  serverOptions = { modelPath, contextSize: 1024, slots: 8 };
  workers = await Promise.all([startLlamaServer(serverOptions), startLlamaServer(serverOptions)]);
  router = await startNginx(workers.map(({ port }) => port));
  llama = await getLlama({ engine: { type: "llama-server", url: router.url } });
  model = await llama.loadModel({ modelPath });
});
afterAll(async () => {
  await llama?.dispose();
  await router?.stop();
  await Promise.all(workers?.map((worker) => worker.kill()) ?? []);
  rmSync(folder, { recursive: true });
});

/** The random weights love single bytes; the server tells no log probabilities inside of characters. */
function withoutPartsOfCharacters(): SamplingOptions {
  const tokenBias = new Map<Token, number>();
  for (let id = 0; id < model.vocabularySize; id++)
    if (model.tokenBytes(id as Token).some((byte) => byte >= 0x80))
      tokenBias.set(id as Token, Number.NEGATIVE_INFINITY);
  return { tokenBias };
}

/** Prompts whose greedy replies depend on no last bit, with those replies. */
async function undisturbed(sequence: RemoteContextSequence, sampling: SamplingOptions) {
  const biases = sampling.tokenBias as ReadonlyMap<Token, number>;
  const found: { prompt: Token[]; reply: Token[] }[] = [];
  for (let number = 0; found.length < replies; number++) {
    expect(number).toBeLessThan(300);
    const prompt = model.tokenize(`Story ${number}, told by the fire:`);
    const { steps, tokens } = await generateAll(sequence, prompt, { maxTokens, sampling, logprobs: 40 });
    const margins = steps.map(({ token, logprobs }) => {
      const { top } = logprobs!;
      const rival = top.find(([id]) => id !== token && !biases.has(id)) ?? top.at(-1)!;
      return logprobs!.token - rival[1];
    });
    if (tokens.length === maxTokens && Math.min(...margins) > marginMin)
      found.push({ prompt, reply: tokens });
  }
  return found;
}

/** As many keys for each worker. */
async function evenKeys(): Promise<{ key: string; port: number }[]> {
  const keys: { key: string; port: number }[] = [];
  for (let number = 0; keys.length < replies; number++) {
    const key = `session-${number}`;
    const port = await router.workerOf(key);
    if (keys.filter((one) => one.port === port).length < replies / 2) keys.push({ key, port });
  }
  return keys;
}

test("a worker dies in the middle of eight replies: all of them are completed as if nothing had been", async () => {
  const context = await model.createContext({ sequences: replies + 1 });
  const sampling = withoutPartsOfCharacters();
  const expected = await undisturbed(context.getSequence(), sampling);
  const keys = await evenKeys();
  const lengths = Array<number>(replies).fill(0);
  /** Whose last request had a part of the reply in its prompt. */
  const continued = Array<boolean>(replies).fill(false);
  let isKilled = false;
  let atKill: number[] = [];
  const running = expected.map(async ({ prompt }, index) => {
    const sequence = context.getSequence({ sessionKey: keys[index]!.key });
    const tokens: Token[] = [];
    for await (const { token } of sequence.generate(prompt, { maxTokens, sampling })) {
      tokens.push(token);
      lengths[index] = tokens.length;
      if (isKilled || Math.min(...lengths) < 5) continue;
      isKilled = true;
      atKill = [...lengths];
      await workers[0]!.kill();
    }
    const { reusedTokens, sharedTokens, evaluatedTokens } = sequence.lastEvaluation!;
    continued[index] = reusedTokens + sharedTokens + evaluatedTokens > prompt.length;
    return tokens;
  });
  const texts = await Promise.all(running);
  expect(isKilled).toBe(true);
  const struck = keys.flatMap(({ port }, index) => (port === workers[0]!.port ? [index] : []));
  expect(struck).toHaveLength(replies / 2);
  for (const index of struck) expect(atKill[index]).toBeLessThan(maxTokens);
  expect(struck.some((index) => continued[index])).toBe(true);
  expect(continued.filter((_, index) => !struck.includes(index))).not.toContain(true);
  expect(texts).toEqual(expected.map(({ reply }) => reply));
  await context.dispose();
});

test("a worker dies while it writes characters of several bytes: the grammar is kept to the end", async () => {
  workers[0] = await startLlamaServer({ ...serverOptions, port: workers[0]!.port });
  const context = await model.createContext({ sequences: replies });
  const compiled = compileGrammar(parseGbnf('root ::= ("你" | "é" | "😀" | "佡"){60} "."'));
  const keys = await evenKeys();
  const lengths = Array<number>(replies).fill(0);
  let isKilled = false;
  const running = keys.map(async ({ key }, index) => {
    const sequence = context.getSequence({ sessionKey: key });
    const grammar = compiled.matcher(tokenTrieOf(model));
    const tokens: Token[] = [];
    for await (const { token } of sequence.generate(model.tokenize(`Sign ${index}:`), { grammar })) {
      tokens.push(token);
      lengths[index] = tokens.length;
      if (isKilled || Math.min(...lengths) < 10) continue;
      isKilled = true;
      await workers[0]!.kill();
    }
    return model.detokenize(tokens);
  });
  for (const text of await Promise.all(running)) expect(text).toMatch(/^(你|é|😀|佡){60}\.$/u);
  expect(isKilled).toBe(true);
  await context.dispose();
});
