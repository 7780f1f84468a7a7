import { Agent, request } from "node:http";
import { type Outcome, type Settings, UnsupportedError, type Workload } from "../runner/protocol.ts";
import { median, total } from "../runner/statistics.ts";
import type { LibrarySide } from "../sides/library.ts";
import type { ServerProcess } from "../sides/server-process.ts";
import { openModel, startBudget, timedPrompt } from "./chat.ts";
import { longStoryPrompt, plainSystemPrompt } from "./texts.ts";

const clients = 8;
const contextSize = 1024;
const tokensAlone = 256;
const tokensTogether = 192;

/** What one client saw of one answer. */
interface Seen {
  readonly tokens: number;
  readonly firstTextMs: number;
  /** Of the response's body. */
  readonly bytes: number;
}

/** Has one answer written to client `at`. */
type Ask = (at: number, maxTokens: number, signal: AbortSignal) => Promise<Seen>;

const promptOf = (at: number) => `${longStoryPrompt} Story ${at + 1}.`;

/** One client alone, then all of them at once; every side does the same. */
async function measure(ask: Ask, settings: Settings): Promise<Outcome> {
  const budget = startBudget(settings.budgetMs);
  // Loads what is loaded on first use, and warms the code up.
  await ask(clients, 16, budget.signal);
  const phase = async (count: number, maxTokens: number) => {
    const start = performance.now();
    const seen = await Promise.all(
      Array.from({ length: count }, (_, at) => ask(at, maxTokens, budget.signal)),
    );
    const seconds = (performance.now() - start) / 1000;
    const tokens = total(seen.map((one) => one.tokens));
    const bytes = total(seen.map((one) => one.bytes));
    return {
      speed: tokens / seconds,
      firstTextMs: median(seen.map((one) => one.firstTextMs)),
      tokens,
      bytes: bytes === 0 ? Number.NaN : bytes / tokens,
    };
  };
  const alone = await phase(1, tokensAlone);
  const together = await phase(clients, tokensTogether);
  return {
    metrics: {
      aloneSpeed: alone.speed,
      aloneFirstTextMs: alone.firstTextMs,
      speed: together.speed,
      firstTextMs: together.firstTextMs,
      bytesPerToken: together.bytes,
      tokens: together.tokens,
    },
    cut: budget.spent,
  };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  if (side.name !== "ours") throw new UnsupportedError("has no server to compare with");
  const opened = await openModel(side, settings);
  const { threads } = settings;
  const context = await opened.model.createContext({ contextSize, sequences: clients, threads });
  const sequences = Array.from({ length: clients }, () => context.getSequence());
  const ask: Ask = async (at, maxTokens, signal) => {
    // As a server does: a sequence is lent to one request after the other.
    const contextSequence = sequences[at % clients]!;
    const session = new opened.library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
    const { firstTextMs, tokenAtMs } = await timedPrompt(session, promptOf(at), { maxTokens, signal });
    session.dispose();
    return { tokens: tokenAtMs.length, firstTextMs, bytes: 0 };
  };
  return measure(ask, settings);
}

async function overServer({ url }: ServerProcess, settings: Settings): Promise<Outcome> {
  // llama-server closes a connection whose stream has ended, so every answer gets one of its own.
  const agent = new Agent({ keepAlive: false });
  const ask: Ask = (at, maxTokens, signal) =>
    stream(`${url}/v1/chat/completions`, agent, at, maxTokens, signal);
  try {
    return await measure(ask, settings);
  } finally {
    agent.destroy();
  }
}

/** The least that a client does: it looks for the first text and, in the last event, for the count of tokens. */
function stream(
  url: string,
  agent: Agent,
  at: number,
  maxTokens: number,
  signal: AbortSignal,
): Promise<Seen> {
  const body = JSON.stringify({
    model: "any",
    messages: [
      { role: "system", content: plainSystemPrompt },
      { role: "user", content: promptOf(at) },
    ],
    temperature: 0,
    max_tokens: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  });
  const start = performance.now();
  const seen = { tokens: 0, firstTextMs: Number.NaN, bytes: 0 };
  let last = "";
  return new Promise<Seen>((resolve, reject) => {
    // A budget that is spent leaves what came until then: an event is a token, about.
    const onError = (error: Error) => (signal.aborted ? resolve(seen) : reject(error));
    const headers = { "content-type": "application/json" };
    const sent = request(url, { method: "POST", agent, signal, headers }, (response) => {
      response.setEncoding("latin1").on("data", (text: string) => {
        seen.bytes += text.length;
        seen.tokens += text.split("data: ").length - 1;
        if (Number.isNaN(seen.firstTextMs) && /"content": ?"[^"]/.test(text)) {
          seen.firstTextMs = performance.now() - start;
        }
        last = (last + text).slice(-2000);
      });
      response.once("error", onError).once("end", () => {
        const tokens = Number(/"completion_tokens": ?(\d+)/.exec(last)?.[1]);
        if (response.statusCode === 200 && tokens > 0) resolve({ ...seen, tokens });
        else reject(new Error(`status ${response.statusCode}: ${last}`));
      });
    });
    sent.once("error", onError).end(body);
  });
}

export const servedStreams: Workload = {
  id: "B16",
  title: "served streams",
  description: `${tokensAlone} tokens streamed to one client, then ${tokensTogether} to each of ${clients} at once; server and clients are processes of their own, \`ours\` is the same in one process without HTTP.`,
  metrics: {
    aloneSpeed: { title: "one client", unit: "tok/s", better: "higher" },
    aloneFirstTextMs: { title: "one client, first text", unit: "ms", better: "lower" },
    speed: { title: `${clients} clients, all together`, unit: "tok/s", better: "higher" },
    firstTextMs: { title: `${clients} clients, first text, median`, unit: "ms", better: "lower" },
    bytesPerToken: { title: "of the stream for a token", unit: "bytes", better: "lower" },
    tokens: { title: `written for ${clients} clients`, unit: "tokens", better: "none" },
  },
  budgetMs: 180_000,
  sides: ["ours", "ours-http", "llama-server"],
  serverShape: { clients, contextSize },
  overLibrary,
  overServer,
};
