import { Agent, request } from "node:http";

/** What a server's `/metrics` says of its process. */
export interface ProcessFigures {
  readonly residentMb: number;
  readonly heapMb: number;
  /** Sockets, timers and the like that keep the process alive. */
  readonly resources: number;
  /** Longest delay of the event loop since the last look, milliseconds. */
  readonly loopDelayMs: number;
  readonly busy: number;
  readonly waiting: number;
}

export interface SoakOptions {
  readonly url: string;
  readonly clients: number;
  /** A round of all clients follows the other until this says no. */
  readonly goesOn: (rounds: number) => boolean;
  /** Rounds after which the process counts as warm. */
  readonly warmRounds: number;
  readonly maxTokens: number;
}

export interface SoakReport {
  readonly rounds: number;
  readonly answered: number;
  readonly refused: number;
  /** What was neither: empty in a good run. */
  readonly wrong: readonly string[];
  readonly warm: ProcessFigures;
  readonly end: ProcessFigures;
  /** Resident memory after each round since the server was warm. */
  readonly residentMb: readonly number[];
  /** Longest delay of the event loop in each of these rounds. */
  readonly loopDelayMs: readonly number[];
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Every client asks again and again; a refused one comes again in the next round. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { url, clients, goesOn, warmRounds, maxTokens } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const seen = { answered: 0, refused: 0, wrong: [] as string[] };
  const residentMb: number[] = [];
  const loopDelayMs: number[] = [];
  let warm: ProcessFigures | undefined;
  let rounds = 0;
  while (warm === undefined || goesOn(rounds)) {
    await Promise.all(
      Array.from({ length: clients }, (_, client) => askOnce(url, agent, client, rounds, maxTokens, seen)),
    );
    rounds++;
    if (rounds === warmRounds) warm = await processFigures(url);
    if (rounds <= warmRounds) continue;
    const figures = await processFigures(url);
    residentMb.push(figures.residentMb);
    loopDelayMs.push(figures.loopDelayMs);
  }
  agent.destroy();
  // The server sees the last connections close a moment later.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { rounds, ...seen, warm, end: await processFigures(url), residentMb, loopDelayMs };
}

async function askOnce(
  url: string,
  agent: Agent,
  client: number,
  round: number,
  maxTokens: number,
  seen: { answered: number; refused: number; wrong: string[] },
): Promise<void> {
  const stream = client % 2 === 0;
  const messages = [{ role: "user", content: `I am client ${client}, and this is question ${round % 7}.` }];
  // A few leave in the middle.
  const leaves = client % 25 === 24;
  const body = { messages, max_tokens: maxTokens, temperature: 0, stream };
  const answer = await post(`${url}/v1/chat/completions`, agent, body, leaves).catch((error: Error) => error);
  const problem = answer instanceof Error ? String(answer) : problemOf(answer, stream, leaves);
  if (problem !== undefined) seen.wrong.push(problem);
  else if ((answer as Answer).status === 429) seen.refused++;
  else seen.answered++;
}

function problemOf(
  { status, retryAfter, text }: Answer,
  stream: boolean,
  leaves: boolean,
): string | undefined {
  if (status === 429) {
    return Number(retryAfter) >= 1 && text.includes('"queue-full"') ? undefined : `429 without ${text}`;
  }
  if (leaves) return undefined;
  const whole = stream ? text.endsWith("data: [DONE]\n\n") && !text.includes('"error"') : isAnswer(text);
  return status === 200 && whole ? undefined : `${status} ${text.slice(0, 300)}`;
}

function isAnswer(text: string): boolean {
  const { choices } = JSON.parse(text) as { choices?: { message: { content: unknown } }[] };
  return typeof choices?.[0]?.message.content === "string";
}

function post(url: string, agent: Agent, body: object, leaves: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers: { "content-type": "application/json" } });
    sent.once("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      let text = "";
      const done = () => resolve({ status, retryAfter: headers["retry-after"], text });
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (!leaves || status !== 200) return;
        sent.destroy();
        done();
      });
      response.once("end", done).once("error", (error) => (leaves ? done() : reject(error)));
    });
    sent.once("error", (error) =>
      leaves ? resolve({ status: 0, retryAfter: undefined, text: "" }) : reject(error),
    );
    sent.end(JSON.stringify(body));
  });
}

export async function processFigures(url: string): Promise<ProcessFigures> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? Number.NaN);
  return {
    residentMb: figure("process_resident_memory_bytes") / 2 ** 20,
    heapMb: figure("nodejs_heap_size_used_bytes") / 2 ** 20,
    resources: figure("nodejs_active_resources"),
    loopDelayMs: figure("nodejs_eventloop_lag_max_seconds") * 1000,
    busy: figure("colloquy_sequences_busy"),
    waiting: figure("colloquy_requests_waiting"),
  };
}
