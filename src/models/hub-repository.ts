import { ColloquyError } from "../base/errors.ts";
import { ggufFileQuantNames } from "../gguf/gguf-file-type.ts";
import { parseSplitName } from "../gguf/split-parts.ts";
import { bodyChunks } from "./download/body-chunks.ts";
import { type HttpGetOptions, HttpStatusError, httpGet, shownUrl } from "./download/http-get.ts";

/** A file of a hub repository. */
export interface HubFile {
  path: string;
  sizeBytes: number;
  /** SHA-256 of the content, known for files in large-file storage, as models are. */
  sha256: string | undefined;
}

const listingLimits = { pages: 50, pageBytes: 16 << 20 };

/**
 * Files of a model repository at a branch, tag or commit, by the hub's HTTP interface
 * (`GET /api/models/{repo}/tree/{revision}`; long listings come in pages linked by the `Link` header).
 *
 * @throws ColloquyError `model-not-found`, `download-failed`
 */
export async function listHubFiles(
  endpoint: string,
  repository: string,
  revision: string,
  token: string | undefined,
  options: HttpGetOptions = {},
): Promise<HubFile[]> {
  const files: HubFile[] = [];
  let url: string | undefined =
    `${endpoint}/api/models/${repository}/tree/${encodeURIComponent(revision)}?recursive=true`;
  for (let page = 0; url !== undefined; page++) {
    if (page === listingLimits.pages) throw unusable(url, "the listing does not end");
    const { response } = await getWithToken(url, token, options);
    files.push(...parseListing(await boundedText(response, url, options), url));
    url = nextPage(response.headers.get("link"), url);
  }
  return files;
}

/** A stored token may have expired, and public files need none: a refusal is tried once more without it. */
export async function tokenThatWorks<T>(
  token: string | undefined,
  attempt: (token: string | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await attempt(token);
  } catch (error) {
    if (token === undefined || !(error instanceof HttpStatusError) || error.status !== 401) throw error;
    return attempt(undefined).catch(() => {
      throw error;
    });
  }
}

function getWithToken(url: string, token: string | undefined, options: HttpGetOptions) {
  return tokenThatWorks(token, (usable) => httpGet({ url, token: usable }, options));
}

async function boundedText(response: Response, url: string, options: HttpGetOptions): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bodyChunks(response, options)) {
    bytes += chunk.length;
    if (bytes > listingLimits.pageBytes) throw unusable(url, "the listing is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseListing(text: string, url: string): HubFile[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    throw unusable(url, "the listing is not JSON");
  }
  if (!Array.isArray(entries)) throw unusable(url, "the listing is not an array");
  return entries
    .filter((entry) => entry?.type === "file" && typeof entry.path === "string")
    .map((entry) => ({
      path: entry.path,
      sizeBytes: Number(entry.lfs?.size ?? entry.size ?? 0),
      sha256: /^[0-9a-f]{64}$/.test(String(entry.lfs?.oid)) ? entry.lfs.oid : undefined,
    }));
}

/** The next page's address; only one on the same host, since the token goes with the request. */
function nextPage(link: string | null, url: string): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  if (target === undefined) return undefined;
  const next = new URL(target, url);
  return next.origin === new URL(url).origin ? next.href : undefined;
}

function unusable(url: string, reason: string): ColloquyError {
  return new ColloquyError("download-failed", `${shownUrl(url)} gave no usable answer: ${reason}`);
}

/**
 * The path of the model file with a quantisation, or of the best general choice without one: pure, so that a
 * repository and a folder of downloaded files are searched by the same rule. Of a split model, its first part.
 */
export function chooseModelFile(paths: readonly string[], quant: string | undefined): string | undefined {
  const candidates = paths.filter(isModelFile).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  if (quant !== undefined) return candidates.find((path) => hasQuant(path, quant));
  for (const name of ggufFileQuantNames) {
    const found = candidates.find((path) => hasQuant(path, name));
    if (found !== undefined) return found;
  }
  return candidates[0];
}

/** Quantisations that the names of the files mention, for an error's hint. */
export function quantsIn(paths: readonly string[]): string[] {
  const candidates = paths.filter(isModelFile);
  return ggufFileQuantNames.filter((name) => candidates.some((path) => hasQuant(path, name)));
}

/** Image projectors and importance matrices lie beside models and are none. */
function isModelFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (!name.endsWith(".gguf") || name.includes("mmproj") || name.includes("imatrix")) return false;
  const split = parseSplitName(name);
  return split === undefined || split.part === 1;
}

/** Whether the name has the quantisation as a word of its own: Q4_K is not in "Q4_K_M", Q4_0 not in "IQ4_0". */
function hasQuant(path: string, quant: string): boolean {
  const literal = quant.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?:^|[^A-Za-z0-9])${literal}(?=[-./]|$)`, "i").test(path);
}
