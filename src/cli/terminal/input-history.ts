import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const linesMax = 1000;
const fileBytesMax = 4 * 2 ** 20;
/** Only its owner may read what was typed. */
const mode = 0o600;

/** Lines that were typed in earlier chats: a file with the newest line last. */
export interface InputHistory {
  /** Newest first, as a line editor takes them. */
  readonly lines: readonly string[];
  readonly size: number;
  add(line: string): Promise<void>;
}

/** `history` beside the other files of colloquy's cache. */
export function inputHistoryPath(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "colloquy", "history");
}

/** Reads the file and shortens it when it has grown. A file that cannot be used is no reason not to chat. */
export async function openInputHistory(path: string): Promise<InputHistory> {
  const content = await readFile(path, "utf8").catch(() => "");
  const all = content.split("\n").filter((line) => line !== "");
  const kept = all.slice(-linesMax);
  if (all.length > 2 * linesMax || content.length > fileBytesMax) {
    await writeFile(path, `${kept.join("\n")}\n`, { mode }).catch(() => {});
  }
  return {
    lines: kept.reverse(),
    size: linesMax,
    async add(line) {
      if (line.trim() === "") return;
      try {
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, `${line}\n`, { mode });
      } catch {
        // The arrow keys still work within this chat.
      }
    },
  };
}
