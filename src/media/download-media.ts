import { lookup as dnsLookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { ColloquyError } from "../base/errors.ts";
import { linkedAbort } from "../base/linked-abort.ts";
import type { ResolvedMediaLimits } from "./media-source.ts";
import { isPrivateAddress } from "./private-address.ts";

const redirectsMax = 5;

/**
 * Downloads an image or a sound. Where private networks are refused, the address that is connected to is the one that
 * was checked, on every redirect anew.
 * @throws ColloquyError `download-failed`, `media-invalid` when it is too large, `media-unsupported` for a refused host;
 * the signal's reason
 */
export async function downloadMedia(
  url: URL,
  limits: ResolvedMediaLimits,
  signal?: AbortSignal,
): Promise<Buffer> {
  const stop = linkedAbort(signal);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort();
  }, limits.timeoutMs);
  try {
    let next = url;
    for (let hop = 0; hop <= redirectsMax; hop++) {
      const answer = await getOnce(next, limits, stop.signal);
      if (Buffer.isBuffer(answer)) return answer;
      next = answer;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ColloquyError) throw error;
    const why = timedOut ? `no answer within ${limits.timeoutMs} ms` : (error as Error).message;
    throw new ColloquyError("download-failed", `${url.href} could not be fetched: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
    stop.unlink();
  }
  throw new ColloquyError("download-failed", `${url.href} redirects more than ${redirectsMax} times`);
}

/** The body, or where it is instead. */
function getOnce(url: URL, limits: ResolvedMediaLimits, signal: AbortSignal): Promise<Buffer | URL> {
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new ColloquyError("media-unsupported", `${url.protocol} URLs are not read`);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!limits.allowPrivateNetwork && isIP(host) !== 0 && isPrivateAddress(host)) throw privateHost(url);
  const lookup = limits.allowPrivateNetwork ? undefined : publicLookup(url);
  return new Promise((resolve, reject) => {
    const client = url.protocol === "https:" ? https : http;
    const request = client.get(
      url,
      { signal, lookup, headers: { accept: "image/*, audio/*" } },
      (response) => {
        const { statusCode = 0, headers } = response;
        if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
          response.destroy();
          resolve(new URL(headers.location, url));
          return;
        }
        if (statusCode !== 200) {
          response.destroy();
          reject(new ColloquyError("download-failed", `${url.href} answers with status ${statusCode}`));
          return;
        }
        readBody(response, limits.bytesMax).then(resolve, reject);
      },
    );
    request.on("error", reject);
  });
}

async function readBody(response: http.IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) {
      response.destroy();
      throw new ColloquyError("media-invalid", `The file has more than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function publicLookup(url: URL): LookupFunction {
  return (hostname, options, callback) =>
    dnsLookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === "string" ? [address] : (address ?? []).map((one) => one.address);
      if (error === null && addresses.some(isPrivateAddress)) callback(privateHost(url), address, family);
      else callback(error, address, family);
    });
}

function privateHost(url: URL): ColloquyError {
  return new ColloquyError("media-unsupported", `${url.hostname} is a host of a private network`, {
    hint: "send the bytes as a data: URL",
  });
}
