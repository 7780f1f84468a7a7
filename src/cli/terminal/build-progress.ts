import type { MediaBuildProgress } from "../../engine/model/model-options.ts";
import type { CliOutput } from "../cli-io.ts";

const stageTexts: Readonly<Record<MediaBuildProgress["stage"], string>> = {
  fetching: "Fetching sources",
  compiling: "Compiling",
};
const barWidth = 30;

/** One line: what is done, a bar, per cent. */
export function buildProgressLine({ stage, progress }: MediaBuildProgress): string {
  const filled = Math.floor(barWidth * progress);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  return `${stageTexts[stage].padEnd(stageTexts.fetching.length)} ${bar} ${String(Math.floor(100 * progress)).padStart(3)}%`;
}

/** Runs a build of the library of images: with a bar on a terminal, with a line for each stage elsewhere. */
export async function withBuildProgress<T>(
  errors: CliOutput,
  build: (onProgress: (progress: MediaBuildProgress) => void) => Promise<T>,
): Promise<T> {
  let shown = "";
  try {
    return await build((progress) => {
      const text = errors.isTTY ? buildProgressLine(progress) : stageTexts[progress.stage];
      if (text === shown) return;
      shown = text;
      errors.write(errors.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
    });
  } finally {
    if (shown !== "" && errors.isTTY) errors.write("\n");
  }
}
