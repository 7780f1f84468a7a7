import { InvalidArgumentError } from "../base/errors.ts";

/** An image or a sound as a chat takes it: a path, a `file:`, `http(s):` or `data:` URL, or the bytes of a file. */
export type MediaSource = string | URL | Uint8Array | ArrayBuffer;

export interface MediaLimits {
  /** Bytes of a file. Default 32 MiB. */
  readonly bytesMax?: number;
  /** Pixels of an image before it is made smaller. Default 64 million. */
  readonly pixelsMax?: number;
  /** Longer sides are made smaller while reading; projectors want far less. Default 2048 pixels. */
  readonly sideMax?: number;
  /** Length of a sound. Default 600 seconds. */
  readonly secondsMax?: number;
  /** Whether URLs may name hosts of private networks and this machine. A server sets it to `false`. Default `true`. */
  readonly allowPrivateNetwork?: boolean;
  /** Whether paths and `file:` URLs may be read. A server sets it to `false`. Default `true`. */
  readonly allowFiles?: boolean;
  /** Time for a download, milliseconds. Default 30 000. */
  readonly timeoutMs?: number;
}

export type ResolvedMediaLimits = Required<MediaLimits>;

/** @throws InvalidArgumentError for a bound that is no positive number */
export function resolveMediaLimits(limits: MediaLimits = {}): ResolvedMediaLimits {
  for (const name of ["bytesMax", "pixelsMax", "sideMax", "secondsMax", "timeoutMs"] as const) {
    const value = limits[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new InvalidArgumentError(`${name} must be a positive whole number, not ${String(value)}`);
  }
  return {
    bytesMax: limits.bytesMax ?? 32 * 2 ** 20,
    pixelsMax: limits.pixelsMax ?? 64_000_000,
    sideMax: limits.sideMax ?? 2048,
    secondsMax: limits.secondsMax ?? 600,
    allowPrivateNetwork: limits.allowPrivateNetwork ?? true,
    allowFiles: limits.allowFiles ?? true,
    timeoutMs: limits.timeoutMs ?? 30_000,
  };
}
