import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { ColloquyError } from "../../base/errors.ts";

/** SHA-256 of a file's content, in lower-case hexadecimal. */
export async function fileSha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk);
  return hash.digest("hex");
}

/** Refuses a file whose content is not the expected one. */
export async function checkSha256(
  path: string,
  expected: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const actual = await fileSha256(path, signal);
  if (actual === expected.toLowerCase()) return;
  throw new ColloquyError("checksum-mismatch", `SHA-256 of "${name}" is ${actual}, expected ${expected}`);
}
