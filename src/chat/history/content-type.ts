/** What a message can hold. */
export type ContentType = "text" | "image" | "audio";

const extensions: readonly (readonly [ContentType, RegExp])[] = [
  ["image", /\.(png|jpe?g|tiff?|bmp|gif|webp)$/i],
  ["audio", /\.(wav|mp3|flac|ogg|m4a)$/i],
];

const signatures: readonly (readonly [ContentType, number, string])[] = [
  ["image", 0, "\x89PNG"],
  ["image", 0, "\xff\xd8\xff"],
  ["image", 0, "GIF8"],
  ["image", 0, "BM"],
  ["image", 0, "II*\0"],
  ["image", 0, "MM\0*"],
  ["image", 8, "WEBP"],
  ["audio", 8, "WAVE"],
  ["audio", 0, "ID3"],
  ["audio", 0, "fLaC"],
  ["audio", 0, "OggS"],
  ["audio", 0, "\xff\xfb"],
];

/**
 * What a value is, by content for bytes and by address for a string that is nothing but a path or URL.
 * A sentence is text, even when it ends in ".jpg". `undefined` for anything else.
 *
 * @example
 * detectContentType("cat.JPG") // "image"
 * detectContentType("please delete cat.jpg") // "text"
 */
export function detectContentType(value: unknown): ContentType | undefined {
  if (typeof value === "string") return detectByAddress(value);
  if (value instanceof URL) return detectByAddress(value.href);
  if (value instanceof ArrayBuffer) return detectBySignature(new Uint8Array(value));
  if (value instanceof Uint8Array) return detectBySignature(value);
  if (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    "width" in value &&
    "height" in value
  ) {
    return "image";
  }
  return undefined;
}

function detectByAddress(text: string): ContentType {
  const data = /^data:(image|audio)\//i.exec(text);
  if (data !== null) return data[1]!.toLowerCase() as ContentType;
  const isUrl = /^(https?|file):\/\/\S+$/i.test(text);
  const path = isUrl ? text.replace(/[?#].*$/, "") : text;
  if (!isUrl && /\s/.test(path)) return "text";
  return extensions.find(([, pattern]) => pattern.test(path))?.[0] ?? "text";
}

function detectBySignature(bytes: Uint8Array): ContentType | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 16));
  return signatures.find(([, at, signature]) => text.startsWith(signature, at))?.[0];
}
