import { execFileSync, spawnSync } from "node:child_process";

/** Whether there is a terminal to try the chat in. */
export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

let serverCount = 0;

/** A program in a real terminal, tmux's, on a server of its own. */
export class Terminal {
  readonly #socket: string;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>) {
    // A server that is being killed would take a new one of its name along.
    this.#socket = `colloquy-${process.pid}-${serverCount++}`;
    const settings = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    // What the program ends with is shown, and the pane stays to be read.
    const shell = `${quoted}; echo "exit code $?"; exec sleep 600`;
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "40", ...settings, shell);
  }

  /** What the screen shows, without empty lines at the end. */
  get screen(): string {
    return this.#tmux("capture-pane", "-p", "-J", "-S", "-200").trimEnd();
  }

  /** Types text as it is. */
  type(text: string): void {
    this.#tmux("send-keys", "-l", text);
  }

  /** Presses keys by tmux's names, such as `Enter`, `Up`, `Tab`, `C-c`. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Waits until the screen shows what is expected; throws with the screen when it does not come. */
  async waitFor(expected: RegExp, seconds = 60): Promise<string> {
    for (let attempt = 0; attempt < seconds * 20; attempt++) {
      const { screen } = this;
      if (expected.test(screen)) return screen;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${expected} did not come. The screen shows:\n${this.screen}`);
  }

  close(): void {
    this.#tmux("kill-server");
  }

  #tmux(...args: string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}
