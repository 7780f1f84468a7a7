import { resolveDefaultModel } from "../../../src/models/default/default-model.ts";
import { getLlama } from "../../../src/remote/get-llama.ts";
import type { RemoteLlama } from "../../../src/remote/remote-llama.ts";
import type { RemoteModel } from "../../../src/remote/remote-model.ts";

/** A vLLM that serves the default model, started by hand: `docs/guide/cluster.md` says how. */
export const vllmUrl = process.env.COLLOQUY_VLLM_URL;

export interface ServedVllm {
  readonly url: string;
  readonly modelPath: string;
  readonly llama: RemoteLlama;
  readonly model: RemoteModel;
}

/** Connects to `url` (default: the server itself), which includes the probe of what it promises. */
export async function openVllm(url = vllmUrl!): Promise<ServedVllm> {
  const modelPath = await resolveDefaultModel();
  const llama = await getLlama({ engine: { type: "vllm", url, retryDelayMs: 20 } });
  return { url, modelPath, llama, model: await llama.loadModel({ modelPath }) };
}

/** A figure of the server's own, e.g. how many requests run now. */
export async function vllmMetric(name: string): Promise<number> {
  const text = await (await fetch(new URL("/metrics", vllmUrl))).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`vllm:${name}{`));
  if (lines.length === 0) throw new Error(`vLLM tells no ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
