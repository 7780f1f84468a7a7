import { parseArgs } from "node:util";

/**
 * A fleet of engines behind a router, simulated: how much of the prompts the workers' prefix caches spare, with and
 * without session affinity. No model runs; the speeds are given.
 *
 *     npm run -s build && tsc -p bench/tsconfig.json && node bench/dist/simulate-fleet.js --users 10000
 */
const { values } = parseArgs({
  options: {
    users: { type: "string", default: "10000" },
    workers: { type: "string", default: "16" },
    hours: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
  },
});

/** What a worker can do; the defaults are round figures of an 8B model on one large GPU. */
const worker = {
  cacheTokens: 800_000,
  /** Only whole blocks of a prompt's beginning are found again. */
  blockTokens: 16,
  promptTokensPerSecond: 20_000,
  replyTokensPerSecond: 3_000,
};
/** A chat: a system prompt that all share, then turns that it keeps in its history. */
const chat = { systemTokens: 600, userTokens: 60, replyTokens: 250, turnsMean: 8, thinkSecondsMean: 90 };
const contextMax = 8192;

type Routing = "session" | "random" | "session, one worker in sixteen lost";

interface Turn {
  readonly at: number;
  readonly session: number;
  readonly turn: number;
}

/** Mulberry32, by Tommy Ettinger: a seed gives the same run. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Every user has one chat after the other, with pauses to read and to write. */
function makeTurns(users: number, seconds: number, random: () => number): Turn[] {
  const exponential = (mean: number) => -mean * Math.log(1 - random());
  const turns: Turn[] = [];
  let sessions = 0;
  for (let user = 0; user < users; user++) {
    let at = exponential(chat.thinkSecondsMean * 4);
    while (at < seconds) {
      const session = sessions++;
      const count = Math.max(1, Math.round(exponential(chat.turnsMean)));
      for (let turn = 0; turn < count && at < seconds; turn++) {
        turns.push({ at, session, turn });
        at += chat.replyTokens / 40 + exponential(chat.thinkSecondsMean);
      }
      at += exponential(chat.thinkSecondsMean * 10);
    }
  }
  return turns.sort((a, b) => a.at - b.at);
}

/** What one worker's cache holds: whole chats, the one that waited longest is dropped first. */
class PrefixCache {
  readonly #held = new Map<number, number>();
  #tokens = chat.systemTokens;

  /** Tokens of the chat's beginning that are there; the system prompt always is. */
  reuse(session: number): number {
    const tokens = chat.systemTokens + (this.#held.get(session) ?? 0);
    return tokens - (tokens % worker.blockTokens);
  }

  keep(session: number, tokens: number): void {
    this.#tokens += tokens - (this.#held.get(session) ?? 0);
    this.#held.delete(session);
    this.#held.set(session, tokens);
    for (const [oldest, held] of this.#held) {
      if (this.#tokens <= worker.cacheTokens) break;
      this.#held.delete(oldest);
      this.#tokens -= held;
    }
  }
}

function simulate(turns: readonly Turn[], workers: number, routing: Routing, random: () => number) {
  const caches = Array.from({ length: workers }, () => new PrefixCache());
  const busySeconds = Array<number>(workers).fill(0);
  const readUntil = Array<number>(workers).fill(0);
  const firstTokenMs: number[] = [];
  const end = turns.at(-1)!.at;
  const lost = routing === "session, one worker in sixteen lost" ? Math.ceil(workers / 16) : 0;
  const perWorker = turns.length / end / (workers - lost);
  const writingLeaves = Math.max(0.01, 1 - (perWorker * chat.replyTokens) / worker.replyTokensPerSecond);
  let prompt = 0;
  let evaluated = 0;
  for (const { at, session, turn } of turns) {
    let target = Math.floor(random() * workers);
    if (routing !== "random") target = (Math.imul(session + 1, 0x9e3779b1) >>> 0) % workers;
    // In the middle of the run some workers are gone; their sessions are spread over the others.
    if (target < lost && at > end / 2) target = lost + (session % (workers - lost));
    const history = Math.min(
      contextMax - chat.replyTokens - chat.systemTokens,
      turn * (chat.userTokens + chat.replyTokens) + chat.userTokens,
    );
    const wanted = chat.systemTokens + history;
    const reused = Math.min(wanted - 1, caches[target]!.reuse(session));
    prompt += wanted;
    evaluated += wanted - reused;
    // Prompts are read one after the other, in the share of the time that writing the replies leaves.
    const readSeconds = (wanted - reused) / worker.promptTokensPerSecond;
    readUntil[target] = Math.max(at, readUntil[target]!) + readSeconds / writingLeaves;
    firstTokenMs.push(1000 * (readUntil[target]! - at));
    busySeconds[target]! += readSeconds + chat.replyTokens / worker.replyTokensPerSecond;
    caches[target]!.keep(session, history + chat.replyTokens);
  }
  firstTokenMs.sort((a, b) => a - b);
  const quantile = (share: number) =>
    Math.round(firstTokenMs[Math.floor(share * (firstTokenMs.length - 1))]!);
  const loads = busySeconds.slice(lost).map((seconds) => seconds / end);
  return {
    routing,
    turnsPerSecond: (turns.length / end).toFixed(1),
    promptTokens: Math.round(prompt / turns.length),
    evaluatedTokens: Math.round(evaluated / turns.length),
    reused: `${((100 * (prompt - evaluated)) / prompt).toFixed(1)} %`,
    load: `${((100 * loads.reduce((sum, load) => sum + load, 0)) / loads.length).toFixed(0)} %`,
    firstTokenMs: quantile(0.5),
    firstTokenMs95: quantile(0.95),
    busiest: `${(100 * Math.max(...loads)).toFixed(0)} %`,
  };
}

const users = Number(values.users);
const turns = makeTurns(users, Number(values.hours) * 3600, createRandom(Number(values.seed)));
console.table(
  (["session", "random", "session, one worker in sixteen lost"] as const).map((routing) =>
    simulate(turns, Number(values.workers), routing, createRandom(Number(values.seed))),
  ),
);
