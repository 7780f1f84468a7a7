import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ColloquyError } from "../base/errors.ts";
import { LlamaModel } from "../engine/model/llama-model.ts";
import type { MediaLimits } from "./media-source.ts";
import { loadProjector, type MediaType, type PreparedMedia, type Projector } from "./projector.ts";
import { untilAborted } from "./until-aborted.ts";

/** An image or a sound of a chat, and the text that stands for it. */
export interface MarkedMedia {
  readonly type: MediaType;
  readonly source: string;
  readonly marker: string;
}

/** Read images and sounds that are kept for the next prompt of a chat; a chat that holds more reads them again. */
const keptMediaMax = 16;

/** What a model has of media: its projector, and what was read last. */
interface ModelMedia {
  readonly projector: Promise<Projector>;
  readonly kept: Map<string, PreparedMedia>;
}

const mediaOfModel = new WeakMap<LlamaModel, ModelMedia>();

/**
 * Makes a chat's images and sounds known to its model. The first call loads the model's projector.
 * @returns what must be held for as long as the chat is evaluated
 * @throws ColloquyError `media-unsupported` when the model has no projector or the library is not built;
 * `media-invalid`, `download-failed`
 */
export async function prepareChatMedia(
  model: object,
  media: readonly MarkedMedia[],
  options: { limits?: MediaLimits | undefined; signal?: AbortSignal | undefined } = {},
): Promise<readonly PreparedMedia[]> {
  if (media.length === 0) return [];
  if (!(model instanceof LlamaModel))
    throw new ColloquyError("media-unsupported", "Images need a model that runs in this process");
  const { projector: loading, kept } = mediaOf(model);
  const projector = await untilAborted(loading, options.signal);
  const prepared: PreparedMedia[] = [];
  for (const { type, source, marker } of media) {
    // What was read for one chat may be forbidden for another.
    const key = `${marker}${fileVersion(source)} ${JSON.stringify(options.limits ?? {})}`;
    const one = kept.get(key) ?? (await projector.prepare(type, source, { ...options, marker }));
    kept.delete(key);
    kept.set(key, one);
    prepared.push(one);
    // Another version of the file may have taken the marker meanwhile.
    model.spans.keep(one);
  }
  for (const oldest of kept.keys()) {
    if (kept.size <= keptMediaMax) break;
    kept.delete(oldest);
  }
  return prepared;
}

/** The projector that a model uses for its chats, loaded when it is asked for. @throws ColloquyError as {@link loadProjector} */
export function projectorOf(model: LlamaModel): Promise<Projector> {
  return mediaOf(model).projector;
}

function mediaOf(model: LlamaModel): ModelMedia {
  const known = mediaOfModel.get(model);
  if (known !== undefined) return known;
  const { projectorFile } = model;
  if (projectorFile === undefined)
    throw new ColloquyError("media-unsupported", `The model ${model.filename} has no projector for images`, {
      hint: "give its file as loadModel({mmprojPath})",
    });
  const projector = loadProjector(model, projectorFile.path);
  const made: ModelMedia = { projector, kept: new Map() };
  mediaOfModel.set(model, made);
  // After "colloquy media build" the next attempt finds the library.
  projector.catch(() => mediaOfModel.delete(model));
  return made;
}

/** Tells an edited file from what was read before. */
function fileVersion(source: string): string {
  if (/^(data|https?):/i.test(source)) return "";
  try {
    const { mtimeMs, size } = statSync(/^file:/i.test(source) ? fileURLToPath(source) : source);
    return ` ${mtimeMs} ${size}`;
  } catch {
    return "";
  }
}
