import { ColloquyError } from "../../base/errors.ts";
import { type HttpGetOptions, type HttpResult, type HttpTarget, httpGet, shownUrl } from "./http-get.ts";

/** What a server says about a file before it is fetched. */
export interface RemoteFile {
  /** Where the bytes are, after redirects. */
  target: HttpTarget;
  /** Bytes of the file; `undefined` when the server does not say. */
  sizeBytes: number | undefined;
  /** Whether parts of the file can be asked for. */
  ranges: boolean;
  /** Changes when the file changes: the entity tag or the date. */
  validator: string | undefined;
  /** SHA-256 of the content, when the server names it. */
  sha256: string | undefined;
}

/**
 * Asks for a file's first byte and reads off the answer what the whole file is like.
 * A HEAD request would not do: signed addresses of storage services allow only GET.
 */
export async function probeRemoteFile(target: HttpTarget, options: HttpGetOptions = {}): Promise<RemoteFile> {
  const result = await httpGet(target, { ...options, range: [0, 0] });
  const { response, url } = result;
  await response.body?.cancel().catch(() => {});
  const ranges = response.status === 206;
  const total = ranges
    ? contentRangeTotal(response.headers)
    : numberHeader(response.headers.get("content-length"));
  if (total === 0) throw new ColloquyError("download-failed", `${shownUrl(url)} is an empty file`);
  const sameHost = new URL(url).origin === new URL(target.url).origin;
  return {
    // Reusing the final address saves a redirect per request; secrets stay behind when it is another host's.
    target: sameHost ? { ...target, url } : { url },
    sizeBytes: total,
    ranges: ranges && total !== undefined,
    validator: response.headers.get("etag") ?? response.headers.get("last-modified") ?? undefined,
    sha256: sha256Of(result),
  };
}

/** Total of a `Content-Range: bytes 0-0/1234` header. */
export function contentRangeTotal(headers: Headers): number | undefined {
  const match = /^bytes \d+-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  return match === null ? undefined : Number(match[1]);
}

/** A hub names the content's SHA-256 as the entity tag of the large file that it links to. */
function sha256Of({ hops }: HttpResult): string | undefined {
  for (const headers of hops) {
    const tag = headers.get("x-linked-etag")?.replace(/^W\//, "").replaceAll('"', "");
    if (tag !== undefined && /^[0-9a-f]{64}$/i.test(tag)) return tag.toLowerCase();
  }
  return undefined;
}

function numberHeader(value: string | null): number | undefined {
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}
