import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Says that it runs, and then never gives the processor back; ends on its own if it is forgotten. */
const spin = "process.stdout.write('.'); const end = Date.now() + 600000; while (Date.now() < end);";

async function startOne(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", spin], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout!, "data");
  return child;
}

async function stopOne(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/** Processes that keep `count` cores busy until the returned function is called. */
export async function startBusyProcesses(count: number): Promise<() => Promise<void>> {
  const children = await Promise.all(Array.from({ length: count }, startOne));
  return async () => {
    await Promise.all(children.map(stopOne));
  };
}
