import type { LlamaModel } from "../../engine/model/llama-model.ts";
import type { MediaBuildRequest } from "../../engine/model/model-options.ts";
import type { CliIo } from "../cli-io.ts";
import { withBuildProgress } from "../terminal/build-progress.ts";
import type { Confirm } from "../terminal/confirm.ts";

export interface OpenImagesOptions extends Pick<CliIo, "errors" | "environment"> {
  /** Asks whether to build; without it, nothing is built. */
  readonly confirm: Confirm | undefined;
  readonly signal: AbortSignal;
}

/** What the user is asked before the library is built. */
export function buildQuestion({ compiler, downloadBytes }: MediaBuildRequest): string {
  const megabytes = Math.round(downloadBytes / 1e6);
  return `Images need a library that is built once, in about a minute: ${megabytes} MB of sources are fetched and compiled with ${compiler}.\nBuild it now? [y/N] `;
}

/**
 * Makes images usable for a model: asks for the library that they need and builds it when it is missing, and loads the
 * model's projector.
 * @throws ColloquyError `media-unsupported` when the library is missing and the answer is no, or nobody can be asked;
 *   `unsupported` without a compiler, as `loadProjector`; the signal's reason
 */
export async function openImages(
  model: LlamaModel,
  { errors, environment, confirm, signal }: OpenImagesOptions,
): Promise<void> {
  const [{ provideMediaLibrary }, { projectorOf }] = await Promise.all([
    import("../../media/library/provide-media-library.ts"),
    import("../../media/prepare-chat-media.ts"),
  ]);
  await withBuildProgress(errors, (onProgress) =>
    provideMediaLibrary({
      libraries: model.llama.native.libraries,
      environment,
      signal,
      onProgress,
      build: confirm && ((request) => confirm(buildQuestion(request), signal)),
    }),
  );
  await projectorOf(model);
}
