/**
 * Our own reader of GGUF headers instead of @huggingface/gguf: bounded, with coded errors, and without its start-up time.
 */
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { PrefixExhausted, prefixSource } from "../gguf/byte-reader.ts";
import type { GgufFileInfo } from "../gguf/gguf-file-info.ts";
import { ggufFileInfoOf, type ParsedPart } from "../gguf/gguf-file-info-of.ts";
import { type ParsedHeader, parseHeader } from "../gguf/header-parser.ts";
import { type LocalGgufOptions, readLocalGguf } from "../gguf/read-local-gguf.ts";
import { bodyChunks } from "./download/body-chunks.ts";
import { httpGet, shownUrl } from "./download/http-get.ts";
import { probeRemoteFile, type RemoteFile } from "./download/remote-file.ts";
import { type PlannedFile, planDownload } from "./download-plan.ts";
import type { ModelDownloadEndpoints, ModelFileAccessTokens } from "./hub-endpoint.ts";
import { tokenThatWorks } from "./hub-repository.ts";
import { parseModelReference } from "./model-reference.ts";

export interface ReadGgufFileInfoOptions extends LocalGgufOptions {
  /** Refuses the other kind of source when set. Default: what the path or URI is. */
  sourceType?: "network" | "filesystem";
  /** Extra headers for the model's server. */
  fetchHeaders?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  tokens?: ModelFileAccessTokens;
  endpoints?: ModelDownloadEndpoints;
}

const firstFetchBytes = 1 << 20;
/** A header is a few megabytes, most of it vocabulary; beyond this the file is not one to read over a network. */
const headerBytesMax = 256 << 20;

/**
 * Reads the header of a GGUF file: what model it is, its chat template, its tensors. Of a file on a server only the
 * beginning is fetched, with the URIs of `resolveModelFile`. Arrays of more than 1024 elements, such as the
 * vocabulary, are stepped over unless `readArrays` asks for them.
 *
 * @throws ColloquyError `model-not-found`, `model-file-invalid`, `model-file-unsupported`, `download-failed`,
 *   `invalid-argument`; the signal's reason when aborted
 *
 * @example
 * const info = await readGgufFileInfo("hf:owner/repo:Q4_K_M", {readArrays: ["tokenizer.ggml.tokens"]});
 * info.metadata.general.name;
 */
export async function readGgufFileInfo(
  pathOrUri: string,
  options: ReadGgufFileInfoOptions = {},
): Promise<GgufFileInfo> {
  const { signal, sourceType } = options;
  signal?.throwIfAborted();
  const reference = parseModelReference(pathOrUri, options.endpoints);
  const kind = reference.kind === "path" ? "filesystem" : "network";
  if (sourceType !== undefined && sourceType !== kind) {
    throw new InvalidArgumentError(`"${pathOrUri}" is not a ${sourceType} source`);
  }
  if (reference.kind === "path") return readLocalGguf(reference.path, options);

  const planned = await planDownload(reference, { ...options, headers: options.fetchHeaders });
  const wanted = options.spliceSplitFiles === false ? planned.slice(0, 1) : planned;
  const parts: ParsedPart[] = [];
  for (const [index, file] of wanted.entries()) parts.push(await readRemotePart(file, index + 1, options));
  return ggufFileInfoOf(parts, { type: "uri", uri: pathOrUri }, []);
}

async function readRemotePart(
  file: PlannedFile,
  filePart: number,
  options: ReadGgufFileInfoOptions,
): Promise<ParsedPart> {
  const { signal } = options;
  const remote = await tokenThatWorks(file.token, (token) => probeRemoteFile({ ...file, token }, { signal }));
  const name = shownUrl(file.url);
  const { sizeBytes } = remote;
  if (sizeBytes === undefined || !remote.ranges) {
    throw new ColloquyError("download-failed", `${name} cannot be read in parts`, {
      hint: "download the file first",
    });
  }
  let prefix = Buffer.alloc(0);
  let bytes = Math.min(firstFetchBytes, sizeBytes);
  for (;;) {
    prefix = Buffer.concat([prefix, await fetchRange(remote, prefix.length, bytes - 1, signal)]);
    const parsed = tryParse(name, prefix, sizeBytes, filePart, options);
    if (!(parsed instanceof PrefixExhausted)) return { name, sizeBytes, header: parsed };
    if (parsed.bytesNeeded > headerBytesMax) {
      throw new ColloquyError(
        "model-file-invalid",
        `The header of ${name} is larger than ${headerBytesMax} bytes`,
      );
    }
    // Doubling keeps the number of requests small, and the parsing from the start cheap.
    bytes = Math.min(sizeBytes, Math.max(parsed.bytesNeeded, prefix.length * 2));
  }
}

function tryParse(
  name: string,
  prefix: Buffer,
  sizeBytes: number,
  filePart: number,
  { readArrays = "short", ignoreKeys = [], readTensorInfo = true }: ReadGgufFileInfoOptions,
): ParsedHeader | PrefixExhausted {
  try {
    return parseHeader(prefixSource(name, prefix, sizeBytes), {
      readArrays,
      ignoreKeys,
      readTensorInfo,
      filePart,
    });
  } catch (error) {
    if (error instanceof PrefixExhausted) return error;
    throw error;
  }
}

async function fetchRange(
  remote: RemoteFile,
  first: number,
  last: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const { response } = await httpGet(remote.target, { range: [first, last], signal });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bodyChunks(response, { signal })) {
    bytes += chunk.length;
    if (response.status !== 206 || bytes > last - first + 1) break;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (body.length === last - first + 1) return body;
  throw new ColloquyError(
    "download-failed",
    `${shownUrl(remote.target.url)} did not send the bytes asked for`,
  );
}
