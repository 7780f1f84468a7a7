import type { MediaLimits } from "../media/media-source.ts";

/** What a chat that came over HTTP may refer to: data in the message itself, never a file or another host. */
export const serverMediaLimits: MediaLimits = { allowFiles: false, allowPrivateNetwork: false };
