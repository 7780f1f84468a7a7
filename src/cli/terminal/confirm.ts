import { createInterface } from "node:readline";
import type { CliIo } from "../cli-io.ts";

/** Asks a question that is answered with yes or no. Anything that is no clear yes is no. */
export type Confirm = (question: string, signal: AbortSignal) => Promise<boolean>;

/** Whether an answer is a clear yes. */
export function isYes(answer: string | undefined): boolean {
  return /^\s*y(es)?\s*$/i.test(answer ?? "");
}

/** Asks at the terminal; `undefined` where nobody sits at one. */
export function terminalConfirm({ input, errors }: Pick<CliIo, "input" | "errors">): Confirm | undefined {
  if (input.isTTY !== true || errors.isTTY !== true) return undefined;
  return (question, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const lines = createInterface({ input, output: errors, terminal: true });
      const stop = () => {
        lines.close();
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      lines.once("close", () => {
        signal.removeEventListener("abort", stop);
        resolve(false);
      });
      lines.question(question, (answer) => {
        resolve(isYes(answer));
        lines.close();
      });
    });
}
