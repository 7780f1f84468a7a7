import { fileURLToPath } from "node:url";
import { InvalidArgumentError, UnsupportedError } from "../base/errors.ts";
import { hubEndpoint, type ModelDownloadEndpoints } from "./hub-endpoint.ts";

/** What a model URI or path names. */
export type ModelReference =
  | { kind: "path"; path: string }
  | { kind: "url"; url: string }
  /** One file of a hub repository. */
  | { kind: "hub-file"; repository: string; revision: string; path: string }
  /** The file of a hub repository with this quantisation, or the best choice without one. */
  | { kind: "hub-quant"; repository: string; revision: string; quant: string | undefined };

const hubPrefixes = ["hf://", "huggingface://", "hf:", "huggingface:"];
/** The hub's own rule for names of owners and repositories. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;

/**
 * Takes a model URI or a path apart: `hf:owner/repo:QUANT`, `hf:owner/repo`, `hf:owner/repo/file.gguf#branch`,
 * `https://…` (an address of a file on the hub is recognised), `file:…`, or a path.
 *
 * @throws ColloquyError `invalid-argument` for a malformed URI, `unsupported` for a scheme that is not known
 */
export function parseModelReference(text: string, endpoints?: ModelDownloadEndpoints): ModelReference {
  if (typeof text !== "string" || text === "")
    throw new InvalidArgumentError("The model's URI or path is empty");
  const prefix = hubPrefixes.find((candidate) => text.startsWith(candidate));
  if (prefix !== undefined) return parseHub(text.slice(prefix.length), text);
  if (/^https?:\/\//i.test(text)) return parseUrl(text, endpoints);
  if (/^file:/i.test(text)) {
    try {
      return { kind: "path", path: fileURLToPath(text) };
    } catch (cause) {
      throw new InvalidArgumentError(`"${text}" is not a usable file address`, { cause });
    }
  }
  // A single letter before the colon is a drive of Windows.
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) throw new UnsupportedError(`Models cannot be fetched over "${scheme}:"`);
  return { kind: "path", path: text };
}

function parseHub(content: string, text: string): ModelReference {
  const [withoutBranch = "", branch, ...rest] = content.split("#");
  const revision = branch === undefined || branch === "" ? "main" : branch;
  const [owner = "", repoAndQuant = "", ...pathParts] = withoutBranch.split("/");
  const [repo = "", quant, ...more] = repoAndQuant.split(":");
  const path = pathParts.join("/");
  const malformed =
    rest.length > 0 ||
    more.length > 0 ||
    !namePattern.test(owner) ||
    !namePattern.test(repo) ||
    (quant !== undefined && path !== "") ||
    pathParts.some((part) => part === "" || part === "." || part === "..");
  if (malformed) {
    const hint = "write hf:owner/repo:QUANT or hf:owner/repo/file.gguf#branch";
    throw new InvalidArgumentError(`"${text}" is not a usable model URI`, { hint });
  }
  const repository = `${owner}/${repo}`;
  if (path !== "") return { kind: "hub-file", repository, revision, path };
  const wanted = quant === undefined || quant === "" || quant.toLowerCase() === "latest" ? undefined : quant;
  return { kind: "hub-quant", repository, revision, quant: wanted };
}

function parseUrl(text: string, endpoints?: ModelDownloadEndpoints): ModelReference {
  if (!URL.canParse(text)) throw new InvalidArgumentError(`"${text}" is not a usable address`);
  const url = new URL(text);
  const hub = new URL(hubEndpoint(endpoints));
  if (url.host !== hub.host) return { kind: "url", url: url.href };
  const parts = url.pathname
    .slice(hub.pathname.length)
    .split("/")
    .filter((part) => part !== "");
  const [owner = "", repo = "", action, revision = "main", ...path] = parts.map(decodeURIComponent);
  // Two names are a repository; one that ends like a file is not.
  if (!namePattern.test(owner) || !namePattern.test(repo) || /\.gguf$/i.test(repo))
    return { kind: "url", url: url.href };
  const repository = `${owner}/${repo}`;
  if (action === undefined) return { kind: "hub-quant", repository, revision: "main", quant: undefined };
  const isFile = ["resolve", "blob", "raw"].includes(action) && path.length > 0;
  return isFile
    ? { kind: "hub-file", repository, revision, path: path.join("/") }
    : { kind: "url", url: url.href };
}
