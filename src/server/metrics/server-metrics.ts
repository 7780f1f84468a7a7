import { monitorEventLoopDelay } from "node:perf_hooks";
import type { SequencePool } from "../pool/sequence-pool.ts";

interface Series {
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly values: Map<string, number>;
}

/** Upper bounds of the durations' classes, seconds. */
const durationBounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300] as const;

/**
 * Counts what the server does, and writes it as Prometheus text.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class ServerMetrics {
  readonly #requests: Series = counter("Requests by route and status.");
  readonly #tokens: Series = counter("Tokens by kind: prompt, cached (of the prompt) and generated.");
  readonly #durations = new Map<string, { counts: number[]; sum: number; count: number }>();
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });

  constructor() {
    this.#loopDelay.enable();
  }

  close(): void {
    this.#loopDelay.disable();
  }

  countRequest(route: string, method: string, status: number, seconds: number): void {
    add(this.#requests, `route="${route}",method="${method}",status="${status}"`, 1);
    let duration = this.#durations.get(route);
    if (duration === undefined) {
      duration = { counts: durationBounds.map(() => 0), sum: 0, count: 0 };
      this.#durations.set(route, duration);
    }
    for (const [index, bound] of durationBounds.entries()) {
      if (seconds <= bound) duration.counts[index]! += 1;
    }
    duration.sum += seconds;
    duration.count += 1;
  }

  countReply(reply: { promptTokens: number; cachedTokens: number; generatedTokens: number }): void {
    add(this.#tokens, 'kind="prompt"', reply.promptTokens);
    add(this.#tokens, 'kind="cached"', reply.cachedTokens);
    add(this.#tokens, 'kind="generated"', reply.generatedTokens);
  }

  text(pool: SequencePool, sessions: number): string {
    const { rss, heapUsed } = process.memoryUsage();
    const lag = this.#loopDelay.max / 1e9;
    this.#loopDelay.reset();
    return [
      ...lines("colloquy_requests_total", this.#requests),
      ...this.#durationLines(),
      ...lines("colloquy_tokens_total", this.#tokens),
      ...lines("colloquy_sequences", gauge("Sequences of the context.", pool.size)),
      ...lines("colloquy_sequences_busy", gauge("Sequences that a request uses now.", pool.busy)),
      ...lines("colloquy_requests_waiting", gauge("Requests that wait for a sequence.", pool.waiting)),
      ...lines("colloquy_sessions", gauge("Chats in the store.", sessions)),
      ...lines("process_resident_memory_bytes", gauge("Memory of the process.", rss)),
      ...lines("nodejs_heap_size_used_bytes", gauge("JavaScript objects.", heapUsed)),
      ...lines(
        "nodejs_active_resources",
        gauge("Sockets, timers and running work.", process.getActiveResourcesInfo().length),
      ),
      ...lines(
        "nodejs_eventloop_lag_max_seconds",
        gauge("Longest delay of the event loop since the last look.", lag),
      ),
      "",
    ].join("\n");
  }

  #durationLines(): string[] {
    const name = "colloquy_request_duration_seconds";
    return [
      `# HELP ${name} Time until a response began.`,
      `# TYPE ${name} histogram`,
      ...[...this.#durations].flatMap(([route, { counts, sum, count }]) => [
        ...durationBounds.map((bound, i) => `${name}_bucket{route="${route}",le="${bound}"} ${counts[i]}`),
        `${name}_bucket{route="${route}",le="+Inf"} ${count}`,
        `${name}_sum{route="${route}"} ${sum}`,
        `${name}_count{route="${route}"} ${count}`,
      ]),
    ];
  }
}

function counter(help: string): Series {
  return { help, type: "counter", values: new Map() };
}

function gauge(help: string, value: number): Series {
  return { help, type: "gauge", values: new Map([["", value]]) };
}

function add({ values }: Series, labels: string, amount: number): void {
  values.set(labels, (values.get(labels) ?? 0) + amount);
}

function lines(name: string, { help, type, values }: Series): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...[...values].map(([labels, value]) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}`),
  ];
}
