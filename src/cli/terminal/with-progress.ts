import type { OnDownloadProgress } from "../../models/download/progress.ts";
import { ProgressBar } from "../../models/progress-bar.ts";
import type { CliOutput } from "../cli-io.ts";

/**
 * Runs a download with a progress bar on a terminal, and with one line elsewhere, written when it starts.
 * @param announce that line; empty: none
 */
export async function withProgress<T>(
  errors: CliOutput,
  label: string,
  download: (onProgress: OnDownloadProgress) => Promise<T>,
  announce = `Fetching ${label}`,
): Promise<T> {
  const bar = new ProgressBar({ label, terminal: errors });
  let announced = errors.isTTY === true || announce === "";
  try {
    return await download(({ downloadedSize, totalSize }) => {
      if (!announced) errors.write(`${announce}\n`);
      announced = true;
      bar.update(downloadedSize, totalSize);
    });
  } finally {
    bar.stop();
  }
}
