import { ColloquyError } from "../base/errors.ts";
import type { ResolvedMediaLimits } from "./media-source.ts";

/** Pixels as projectors take them: rows of red, green, blue. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A small drawing can take for ever. */
const secondsMax = 30;

/**
 * Decodes an image file: turned upright as its EXIF data say, transparent pixels on white, the first frame of several,
 * in sRGB, and made smaller when a side is longer than `sideMax`. Formats: what sharp reads (JPEG, PNG, WebP, GIF, AVIF,
 * TIFF, SVG).
 * @throws ColloquyError `media-invalid` when it is damaged, cut short, larger than `pixelsMax`, or no image
 */
export async function readImage(file: Uint8Array, limits: ResolvedMediaLimits): Promise<RgbImage> {
  const { default: sharp } = await import("sharp");
  try {
    const image = sharp(file, {
      limitInputPixels: limits.pixelsMax,
      // A file that is cut short would be shown half grey.
      failOn: "truncated",
      pages: 1,
    });
    const { data, info } = await image
      .timeout({ seconds: secondsMax })
      .rotate()
      .resize({ width: limits.sideMax, height: limits.sideMax, fit: "inside", withoutEnlargement: true })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: info.channels === 3 ? data : threeChannels(data) };
  } catch (cause) {
    // sharp quotes every library that it has asked, a line each.
    const why = isHeic(file)
      ? "HEIC is not read"
      : (cause as Error).message.split("\n", 1)[0]!.replace(/:\s*$/, "");
    throw new ColloquyError("media-invalid", `The image cannot be read: ${why}`, {
      hint: isHeic(file) ? "save it as JPEG or PNG" : undefined,
      cause,
    });
  }
}

/** Pictures of phones: a box "ftyp" of one of the HEVC brands. AVIF has the same box and is read. */
function isHeic(file: Uint8Array): boolean {
  return /^....ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)/s.test(
    Buffer.from(file.subarray(0, 12)).toString("latin1"),
  );
}

/** Grey pixels. */
function threeChannels(grey: Uint8Array): Uint8Array {
  const data = new Uint8Array(3 * grey.length);
  for (const [index, value] of grey.entries()) data.fill(value, 3 * index, 3 * index + 3);
  return data;
}
