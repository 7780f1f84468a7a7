/** The part of a terminal's stream that the bar needs. */
export interface ProgressTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressBarOptions {
  /** What is being done, in front of the bar. */
  label: string;
  /** Default: standard error, so that a program's output stays clean. */
  terminal?: ProgressTerminal;
  /** Milliseconds on any clock, for the speed. */
  now?: () => number;
}

const redrawMs = 100;
const barWidthMax = 30;

/** A line on the terminal that shows how far something has come. Writes nothing where there is no terminal. */
export class ProgressBar {
  readonly #label: string;
  readonly #terminal: ProgressTerminal;
  readonly #now: () => number;
  readonly #startedAt: number;
  #startBytes: number | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #total = 0;
  #visible = false;

  constructor({ label, terminal = process.stderr, now = () => performance.now() }: ProgressBarOptions) {
    this.#label = label;
    this.#terminal = terminal;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Shows `done` of `total` bytes (0: unknown); redraws at most ten times a second. */
  update(done: number, total: number): void {
    this.#done = done;
    this.#total = total;
    // What an earlier run brought says nothing about the speed of this one.
    this.#startBytes ??= done;
    if (this.#terminal.isTTY !== true || this.#now() - this.#drawnAt < redrawMs) return;
    this.#draw();
  }

  /** Draws the last state and leaves the line. */
  stop(): void {
    if (!this.#visible) return;
    this.#draw();
    this.#terminal.write("\n");
    this.#visible = false;
  }

  #draw(): void {
    this.#drawnAt = this.#now();
    const seconds = (this.#drawnAt - this.#startedAt) / 1000;
    const speed = seconds > 0 ? (this.#done - (this.#startBytes ?? 0)) / seconds : 0;
    const columns = this.#terminal.columns ?? 80;
    const line = progressLine(this.#label, this.#done, this.#total, speed, columns);
    this.#terminal.write(`\r\u001b[2K${line}`);
    this.#visible = true;
  }
}

/** One line of at most `columns - 1` characters: label, bar, per cent, sizes, speed and remaining time. */
export function progressLine(
  label: string,
  done: number,
  total: number,
  bytesPerSecond: number,
  columns: number,
): string {
  const sizes = total > 0 ? `${megabytes(done)} of ${megabytes(total)} MB` : `${megabytes(done)} MB`;
  const speed = bytesPerSecond > 0 ? `  ${megabytes(bytesPerSecond)} MB/s` : "";
  const left =
    bytesPerSecond > 0 && total > done ? `  ${duration((total - done) / bytesPerSecond)} left` : "";
  if (total === 0) return `${label}  ${sizes}${speed}`.slice(0, columns - 1);
  const share = Math.min(1, done / total);
  const rest = ` ${String(Math.floor(share * 100)).padStart(3)}%  ${sizes}${speed}${left}`;
  const width = Math.min(barWidthMax, columns - 1 - label.length - 1 - rest.length);
  if (width < 5) return `${label}${rest}`.slice(0, columns - 1);
  const filled = Math.round(share * width);
  return `${label} ${"█".repeat(filled)}${"░".repeat(width - filled)}${rest}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.ceil(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}
