import { buildMediaLibrary } from "../../media/library/build-media-library.ts";
import type { CliIo } from "../cli-io.ts";
import { withBuildProgress } from "../terminal/build-progress.ts";

/** Builds the library of images and prints where it is; progress goes to the error stream. */
export async function buildMedia(
  { output, errors, environment, interrupt }: Pick<CliIo, "output" | "errors" | "environment" | "interrupt">,
  force: boolean,
): Promise<void> {
  const file = await withBuildProgress(errors, (onProgress) =>
    buildMediaLibrary({ force, environment, signal: interrupt, onProgress }),
  );
  output.write(`${file}\n`);
}
