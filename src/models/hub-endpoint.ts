import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "../base/errors.ts";

/** Where model repositories are served. */
export interface ModelDownloadEndpoints {
  /** Address of the Hugging Face hub or of a mirror. Default: `$HF_ENDPOINT`, else `https://huggingface.co`. */
  huggingFace?: string;
}

/** Tokens that are shown to the hosts they belong to. */
export interface ModelFileAccessTokens {
  /** Default: `$HF_TOKEN`, else the token that `huggingface-cli login` stored. */
  huggingFace?: string;
}

/** Address of the hub, without a slash at the end. */
export function hubEndpoint(endpoints: ModelDownloadEndpoints = {}): string {
  const endpoint = endpoints.huggingFace ?? (process.env.HF_ENDPOINT || "https://huggingface.co");
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new InvalidArgumentError(`The hub's address "${endpoint}" is not an http or https address`);
  }
  return endpoint.replace(/\/+$/, "");
}

/** The token for the hub, or `undefined` when none is given anywhere. */
export async function hubToken(tokens: ModelFileAccessTokens = {}): Promise<string | undefined> {
  const given = tokens.huggingFace ?? process.env.HF_TOKEN;
  if (given !== undefined && given !== "") return given;
  const home = process.env.HF_HOME || join(homedir(), ".cache", "huggingface");
  const stored = await readFile(process.env.HF_TOKEN_PATH || join(home, "token"), "utf8").catch(() => "");
  return stored.trim() || undefined;
}

/** Address of a file in a hub repository. */
export function hubFileUrl(endpoint: string, repository: string, revision: string, filePath: string): string {
  const path = filePath.split("/").map(encodeURIComponent).join("/");
  const [owner = "", name = ""] = repository.split("/");
  const base = `${endpoint}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
  return `${base}/resolve/${encodeURIComponent(revision)}/${path}`;
}
