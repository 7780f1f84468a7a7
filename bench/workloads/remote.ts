import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Outcome, type Settings, UnsupportedError, type Workload } from "../runner/protocol.ts";
import type { Library, LibrarySide } from "../sides/library.ts";

const tokensPerReply = 2000;
const rounds = 5;
const prompt = "The cluster is";

interface RemoteSequence {
  generate(target: readonly number[], options: { maxTokens: number }): AsyncIterable<{ token: number }>;
}

interface Vocabulary {
  tokenize(text: string, specialTokens?: boolean): readonly number[];
}

/** llama-server without a model: it streams the same token as often as asked for, as fast as the connection takes it. */
async function startImitation(vocabulary: Vocabulary) {
  const [token] = vocabulary.tokenize(" a");
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => {
      text += String(part);
    });
    request.on("end", () => {
      const body = text === "" ? {} : (JSON.parse(text) as Record<string, never>);
      if (request.url === "/props")
        return void response.end(JSON.stringify({ default_generation_settings: { n_ctx: 8192 } }));
      if (request.url === "/tokenize")
        return void response.end(JSON.stringify({ tokens: vocabulary.tokenize(body.content!, true) }));
      if (body.grammar !== undefined) return sendCanary(response, vocabulary, body.stream === true);
      streamTokens(response, token!, Number(body.n_predict));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const eventOf = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

/** A text that the grammar of the library's probe allows (`src/remote/probe-engine.ts`); nothing else brings a grammar. */
const canary = '"b你é😀';

function sendCanary(response: ServerResponse, vocabulary: Vocabulary, stream: boolean): void {
  const tokens = vocabulary.tokenize(canary);
  const end = { stop: true, stop_type: "eos", tokens_predicted: tokens.length, timings: {} };
  if (!stream) return void response.end(JSON.stringify({ ...end, content: canary, tokens }));
  const parts = tokens.map((id, index) =>
    eventOf({ content: "", tokens: [id], tokens_predicted: index + 1, stop: false }),
  );
  response.end(parts.join("") + eventOf({ ...end, content: "", tokens: [] }));
}

function streamTokens(response: ServerResponse, token: number, count: number): void {
  let sent = 0;
  const more = () => {
    // One turn of the event loop per token, so that each one arrives alone as from a model.
    response.write(eventOf({ content: " a", tokens: [token], tokens_predicted: ++sent, stop: false }));
    if (sent < count) setImmediate(more);
    else
      response.end(
        eventOf({
          content: "",
          tokens: [],
          tokens_predicted: count,
          stop: true,
          stop_type: "limit",
          timings: {},
        }),
      );
  };
  more();
}

/** The least that any client of the stream does: read, cut into lines, parse. */
async function readRaw(url: string): Promise<number> {
  const response = await fetch(`${url}/completion`, {
    method: "POST",
    body: JSON.stringify({ prompt: [1], n_predict: tokensPerReply, stream: true }),
  });
  let count = 0;
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of response.body!) {
    const lines = (text + decoder.decode(part as Uint8Array, { stream: true })).split("\n");
    text = lines.pop()!;
    for (const line of lines)
      if (line.startsWith("data: ")) count += (JSON.parse(line.slice(6)) as { tokens: [] }).tokens.length;
  }
  return count;
}

async function readOurs(sequence: RemoteSequence, target: readonly number[]): Promise<number> {
  let count = 0;
  for await (const step of sequence.generate(target, { maxTokens: tokensPerReply }))
    count += Number(step.token >= 0);
  return count;
}

async function msPerToken(task: () => Promise<number>): Promise<number> {
  const started = performance.now();
  const count = await task();
  if (count !== tokensPerReply) throw new Error(`${count} tokens came of ${tokensPerReply}`);
  return (performance.now() - started) / count;
}

async function measure(library: Library, settings: Settings): Promise<Outcome> {
  const local = await library.getLlama({ gpu: false });
  const { modelPath } = settings;
  const vocabulary = await local.loadModel({ modelPath, vocabOnly: true } as { modelPath: string });
  const imitation = await startImitation(vocabulary);
  const llama = await library.getLlama({ engine: { type: "llama-server", url: imitation.url } });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ contextSize: 4096 });
    const sequence = context.getSequence() as unknown as RemoteSequence;
    const target = model.tokenize(prompt);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      raw.push(await msPerToken(() => readRaw(imitation.url)));
      ours.push(await msPerToken(() => readOurs(sequence, target)));
    }
    // The first round warms both up.
    const [rawBest, oursBest] = [raw, ours].map((values) => Math.min(...values.slice(1))) as [number, number];
    return {
      metrics: { msPerToken: oursBest, rawMsPerToken: rawBest, overheadMs: oursBest - rawBest },
    };
  } finally {
    await llama.dispose();
    await imitation.close();
    await local.dispose();
  }
}

export const remote: Workload = {
  id: "B19",
  title: "a token from elsewhere",
  description: `${tokensPerReply} tokens streamed by an imitation of llama-server in the same process, read by a sequence and by a plain loop; the best of ${rounds} rounds, the server's work included in both.`,
  metrics: {
    msPerToken: { title: "time of a token", unit: "ms", better: "lower" },
    rawMsPerToken: { title: "of that in a plain HTTP loop", unit: "ms", better: "none" },
    overheadMs: { title: "overhead of a token", unit: "ms", better: "lower" },
  },
  async overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
    if (side.name !== "ours") throw new UnsupportedError("there are no engines elsewhere");
    return measure(await side.load(), settings);
  },
};
