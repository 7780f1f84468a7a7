import { ours } from "../sides/ours.ts";
import { peer, peerWithCores } from "../sides/peer.ts";
import { openRawLoop, type RawLoop } from "../sides/raw-loop.ts";
import { startLlamaServer, startOwnServer } from "../sides/server-process.ts";
import { workloads } from "../workloads/index.ts";
import {
  type ChildAnswer,
  type ServerSide,
  type Settings,
  type SideName,
  UnsupportedError,
  type Workload,
} from "./protocol.ts";

/** What the runner passes as the only argument. */
export interface ChildTask {
  readonly workload: string;
  readonly side: SideName;
  readonly settings: Settings;
}

const libraries = { ours, peer, "peer-cores": peerWithCores } as const;
/** Room for the longest prompt of a raw workload and its answer, tokens. */
const rawContextSize = 4096;

async function runRaw(workload: Workload, settings: Settings): Promise<ChildAnswer> {
  if (workload.overRaw == null) throw new UnsupportedError("a loop without a library has no such thing");
  let raw: RawLoop | undefined;
  const open = async () => {
    raw ??= await openRawLoop({
      modelPath: settings.modelPath,
      threads: settings.threads,
      contextSize: rawContextSize,
    });
    return raw;
  };
  try {
    const outcome = await workload.overRaw(open, settings);
    const { about } = await open();
    return { kind: "outcome", outcome, maxRssMb: await (await open()).peakRssMb(), about };
  } finally {
    await raw?.close();
  }
}

async function runServer(workload: Workload, side: ServerSide, settings: Settings): Promise<ChildAnswer> {
  const { serverShape, overServer } = workload;
  if (serverShape == null || overServer == null) throw new UnsupportedError("is not about servers");
  const start = side === "ours-http" ? startOwnServer : startLlamaServer;
  const server = await start(settings, serverShape);
  try {
    const outcome = await overServer(server, settings);
    return { kind: "outcome", outcome, maxRssMb: server.peakRssMb(), about: server.about };
  } finally {
    await server.stop();
  }
}

async function runTask(task: ChildTask): Promise<ChildAnswer> {
  const workload = workloads.find((candidate) => candidate.id === task.workload);
  if (workload == null) throw new Error(`no workload ${task.workload}`);
  if (task.side === "raw") return runRaw(workload, task.settings);
  if (task.side === "ours-http" || task.side === "llama-server") {
    return runServer(workload, task.side, task.settings);
  }
  const side = libraries[task.side];
  const outcome = await workload.overLibrary(side, task.settings);
  return { kind: "outcome", outcome, maxRssMb: process.resourceUsage().maxRSS / 1024, about: side.about() };
}

function failureOf(error: unknown): ChildAnswer {
  if (error instanceof UnsupportedError) return { kind: "unsupported", reason: error.message };
  return {
    kind: "failure",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

const task = JSON.parse(process.argv[2] ?? "{}") as ChildTask;
const answer = await runTask(task).catch(failureOf);
// Ends at once: how a library tears down is measured where it is asked for, not here.
process.stdout.write(`\n${JSON.stringify(answer)}\n`, () => process.exit(0));
