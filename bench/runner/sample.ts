import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ChildTask } from "./child.ts";
import { type CpuUse, cpuUseBetween, isDisturbed, loadAverage, readCpu } from "./machine.ts";
import type { ChildAnswer } from "./protocol.ts";

/** One run of one side, with what the machine did meanwhile. */
export interface Sample {
  readonly answer: ChildAnswer;
  readonly cpu: CpuUse | undefined;
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly disturbed: boolean;
}

const childFile = fileURLToPath(new URL("./child.js", import.meta.url));
/** A child that says nothing for so long after its budget has ended is stuck, milliseconds. */
const graceMs = 240_000;

function parseAnswer(output: string, ending: string): ChildAnswer {
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line) as ChildAnswer;
  } catch {
    return {
      kind: "failure",
      message: `the child ended (${ending}) without an answer: ${line.slice(0, 200)}`,
    };
  }
}

function runChild(task: ChildTask): Promise<ChildAnswer> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [childFile, JSON.stringify(task)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), task.settings.budgetMs + graceMs);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve(parseAnswer(output, signal ?? `code ${code}`));
    });
  });
}

export async function takeSample(task: ChildTask): Promise<Sample> {
  const loadBefore = loadAverage();
  const before = readCpu();
  const answer = await runChild(task);
  const cpu = cpuUseBetween(before, readCpu());
  return { answer, cpu, loadBefore, loadAfter: loadAverage(), disturbed: isDisturbed(cpu) };
}
