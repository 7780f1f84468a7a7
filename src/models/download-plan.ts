import { basename } from "node:path";
import { ColloquyError, InvalidArgumentError, UnsupportedError } from "../base/errors.ts";
import { isProjectorName, matchProjectors } from "../engine/model/match-projectors.ts";
import { allPartNames, parseSplitName, splitPartName } from "../gguf/split-parts.ts";
import type { HttpTarget } from "./download/http-get.ts";
import {
  hubEndpoint,
  hubFileUrl,
  hubToken,
  type ModelDownloadEndpoints,
  type ModelFileAccessTokens,
} from "./hub-endpoint.ts";
import { chooseModelFile, type HubFile, listHubFiles, quantsIn } from "./hub-repository.ts";
import type { ModelReference } from "./model-reference.ts";

export type RemoteReference = Exclude<ModelReference, { kind: "path" }>;

/** One file to fetch and the name it gets. */
export interface PlannedFile extends HttpTarget {
  fileName: string;
  sizeBytes?: number;
  sha256?: string;
  /** Whether it is the model's projector. It is fetched before the model, whose presence then says that all is there. */
  isProjector?: boolean;
}

export interface PlanOptions {
  /** Name for the file instead of the one that would be made; of a split model, part numbers are added to it. */
  fileName?: string;
  headers?: Readonly<Record<string, string>>;
  /**
   * Whether the model's projector, which turns images and sounds into something it reads, is fetched along when the hub
   * repository has one. Default: false.
   */
  projector?: boolean;
  tokens?: ModelFileAccessTokens;
  endpoints?: ModelDownloadEndpoints;
  signal?: AbortSignal;
}

/**
 * Which files have to be fetched for a model, the one to load first.
 *
 * @throws ColloquyError `model-not-found` when the repository has no such file
 */
export async function planDownload(
  reference: RemoteReference,
  options: PlanOptions = {},
): Promise<PlannedFile[]> {
  const { headers } = options;
  if (reference.kind === "url") {
    const url = new URL(reference.url);
    const name = urlFileName(url);
    const names = localNames(allPartNames(name), name, options.fileName);
    return allPartNames(name).map((part, index) => {
      const partUrl = new URL(url);
      partUrl.pathname = url.pathname.slice(0, url.pathname.lastIndexOf("/") + 1) + encodeURIComponent(part);
      return { url: part === name ? url.href : partUrl.href, headers, fileName: names[index]! };
    });
  }
  const endpoint = hubEndpoint(options.endpoints);
  const { repository, revision } = reference;
  const token = hasAuthorization(headers) ? undefined : await hubToken(options.tokens);
  const list = memoized(() =>
    listHubFiles(endpoint, repository, revision, token, { signal: options.signal }),
  );
  const chosen = await hubFilesOf(reference, list);
  const prefixed = chosen.map((file) => hubFileName(repository, revision, file.path));
  const names = localNames(prefixed, prefixed[0]!, options.fileName);
  const planned = (file: ChosenFile, fileName: string): PlannedFile => ({
    url: hubFileUrl(endpoint, repository, revision, file.path),
    headers,
    token,
    fileName,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
  });
  const files = chosen.map((file, index) => planned(file, names[index]!));
  if (options.projector !== true || isProjectorName(chosen[0]!.path)) return files;
  const projector = await hubProjectorOf(chosen[0]!.path, list);
  if (projector === undefined) return files;
  // Beside a file with a name of the caller's own, the projector carries that name too.
  const name =
    options.fileName === undefined
      ? hubFileName(repository, revision, projector.path)
      : `mmproj-${options.fileName}`;
  return [...files, { ...planned(projector, name), isProjector: true }];
}

function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

interface ChosenFile {
  path: string;
  sizeBytes?: number;
  sha256?: string;
}

async function hubFilesOf(
  reference: Exclude<RemoteReference, { kind: "url" }>,
  list: () => Promise<HubFile[]>,
): Promise<ChosenFile[]> {
  if (reference.kind === "hub-file") return allParts(reference.path).map((path) => ({ path }));
  const { repository, quant } = reference;
  const files = await list();
  const paths = files.map((file) => file.path);
  const first = chooseModelFile(paths, quant);
  if (first === undefined) {
    const quants = quantsIn(paths);
    const wanted = quant === undefined ? "no GGUF model file" : `no GGUF file with the quantisation ${quant}`;
    const hint = quants.length === 0 ? undefined : `it has ${quants.join(", ")}`;
    throw new ColloquyError("model-not-found", `The repository "${repository}" has ${wanted}`, { hint });
  }
  return allParts(first).map((path) => {
    const file = files.find((candidate) => candidate.path === path);
    if (file !== undefined) return file;
    throw new ColloquyError("model-not-found", `The repository "${repository}" lacks the part "${path}"`);
  });
}

/** The projector for a model's file: of the same folder, else of the repository's first level. */
async function hubProjectorOf(model: string, list: () => Promise<HubFile[]>): Promise<HubFile | undefined> {
  // A file that was named needs no list, and a hub may have none.
  const files = await list().catch((error: unknown) => {
    if (error instanceof ColloquyError) return [];
    throw error;
  });
  const folder = model.slice(0, model.lastIndexOf("/") + 1);
  for (const place of new Set([folder, ""])) {
    const here = files.filter(
      ({ path }) => path.startsWith(place) && !path.slice(place.length).includes("/"),
    );
    const names = here.map(({ path }) => path.slice(place.length));
    const [name] = matchProjectors(model.slice(folder.length), names, true);
    if (name !== undefined) return here.find(({ path }) => path === place + name);
  }
  return undefined;
}

/** All parts of a split model, whichever part was named. */
function allParts(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return allPartNames(path.slice(folder.length)).map((name) => folder + name);
}

/** Names on disk: the given name takes the place of the made one, with the parts' numbers when there are parts. */
function localNames(parts: string[], made: string, given: string | undefined): string[] {
  if (given === undefined) return parts;
  if (basename(given) !== given || given === "" || given === "." || given === "..") {
    throw new InvalidArgumentError(`"${given}" is not a file name; the folder is the option "directory"`);
  }
  if (parseSplitName(made) === undefined) return [given];
  const stem = parseSplitName(given)?.prefix ?? given.replace(/\.gguf$/i, "");
  return parts.map((_, index) => splitPartName(stem, index + 1, parts.length));
}

/**
 * Name on disk of a hub file: it tells owner, repository, branch (other than main) and folder apart, so that
 * different models do not overwrite each other.
 */
export function hubFileName(repository: string, revision: string, path: string): string {
  return hubFilePrefix(repository, revision) + safeName(path.replaceAll("/", "__"));
}

export function hubFilePrefix(repository: string, revision: string): string {
  const branch = revision === "main" ? "" : `${safeName(revision)}_`;
  return `hf_${safeName(repository.replace("/", "_"))}_${branch}`;
}

/** The file name at the end of an address. */
export function urlFileName(url: URL): string {
  const last = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf("/") + 1));
  if (/\.gguf(\.part|-split-)/i.test(last)) {
    const hint = "download the pieces and join them, or use a model split by llama-gguf-split";
    throw new UnsupportedError(`"${last}" is one piece of a file cut by bytes, which cannot be fetched`, {
      hint,
    });
  }
  const name = safeName(last);
  if (name === "")
    throw new InvalidArgumentError(`The address ${url.origin}${url.pathname} has no file name`);
  return name;
}

/** Without characters that one of the platforms forbids in names, and without a dot in front. */
function safeName(name: string): string {
  const forbidden = '<>:"/\\|?*';
  const safe = [...name].map((character) =>
    forbidden.includes(character) || character < " " ? "_" : character,
  );
  return safe.join("").replace(/^\.+/, "").slice(-200);
}

function hasAuthorization(headers: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "authorization");
}
