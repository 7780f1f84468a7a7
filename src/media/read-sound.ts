import { ColloquyError } from "../base/errors.ts";
import type { ResolvedMediaLimits } from "./media-source.ts";

/** Samples of a sound, mono, as many a second as its projector takes. */
export interface Sound {
  readonly samples: Float32Array;
}

/** Decodes the bytes of a file. `samples` is `undefined` when it cannot; `count` says how many there are, or above the bound. */
export type DecodeSound = (
  file: Uint8Array,
  rate: number,
  samplesMax: number,
) => Promise<{ readonly count: number; readonly samples: Float32Array | undefined }>;

/** Shorter than this is refused: projectors cut sounds into windows and some do not check for the first one. */
const secondsMin = 0.1;

/** What libmtmd tells sounds by. */
function isSound(file: Uint8Array): boolean {
  const text = Buffer.from(file.subarray(0, 12)).toString("latin1");
  const isMpeg = file[0] === 0xff && (file[1]! & 0xe0) === 0xe0;
  const isWave = text.startsWith("RIFF") && text.endsWith("WAVE");
  return file.length >= 12 && (isWave || isMpeg || text.startsWith("ID3") || text.startsWith("fLaC"));
}

/**
 * Decodes a WAV, MP3 or FLAC file.
 * @throws ColloquyError `media-invalid` when it is none of them, damaged, empty, or longer than `secondsMax`
 */
export async function readSound(
  file: Uint8Array,
  rate: number,
  { secondsMax }: ResolvedMediaLimits,
  decode: DecodeSound,
): Promise<Sound> {
  if (!isSound(file)) throw new ColloquyError("media-invalid", "The sound is no WAV, MP3 or FLAC file");
  const samplesMax = Math.floor(secondsMax * rate);
  const { count, samples } = await decode(file, rate, samplesMax);
  if (count > samplesMax)
    throw new ColloquyError("media-invalid", `The sound is longer than ${secondsMax} seconds`);
  if (samples === undefined) throw new ColloquyError("media-invalid", "The sound is damaged");
  if (samples.length < secondsMin * rate)
    throw new ColloquyError("media-invalid", `The sound is shorter than ${secondsMin} seconds`);
  return { samples };
}
