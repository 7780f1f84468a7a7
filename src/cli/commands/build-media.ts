import { buildMediaLibrary, type MediaBuildProgress } from "../../media/library/build-media-library.ts";
import type { CliIo } from "../cli-io.ts";

const stageTexts: Readonly<Record<MediaBuildProgress["stage"], string>> = {
  fetching: "Fetching sources",
  compiling: "Compiling",
};

/** Builds the library of images and prints where it is; progress goes to the error stream. */
export async function buildMedia(
  { output, errors, environment, interrupt }: Pick<CliIo, "output" | "errors" | "environment" | "interrupt">,
  force: boolean,
): Promise<void> {
  let shown = "";
  const file = await buildMediaLibrary({
    force,
    environment,
    signal: interrupt,
    onProgress: ({ stage, progress }) => {
      // Off a terminal, a line for each stage; on one, a line that counts.
      const text = errors.isTTY ? `${stageTexts[stage]} ${Math.floor(100 * progress)} %` : stageTexts[stage];
      if (text === shown) return;
      shown = text;
      errors.write(errors.isTTY ? `\r${text} ` : `${text}\n`);
    },
  });
  if (shown !== "" && errors.isTTY) errors.write("\n");
  output.write(`${file}\n`);
}
