import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { InvalidArgumentError } from "../../base/errors.ts";

interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

const totalBytesMax = 64 * 2 ** 20;

const securityHeaders = {
  // HTML reaches the page through DOMPurify alone: the browser refuses any other text where it would be parsed.
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types dompurify",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/**
 * The files of the web client, read once: later requests look names up in a table, so no request reaches the file
 * system.
 */
export class StaticFiles {
  readonly #files = new Map<string, StaticFile>();
  #bytes = 0;

  /** @throws InvalidArgumentError when the folder cannot be read or holds more than 64 MiB */
  constructor(folder: string) {
    try {
      this.#read(folder, "");
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new InvalidArgumentError(`The web client in "${folder}" cannot be read: ${reason}`, { cause });
    }
    const index = this.#files.get("/index.html");
    if (index === undefined) throw new InvalidArgumentError(`"${folder}" has no index.html`);
    this.#files.set("/", index);
  }

  /** The answer for a path, if there is such a file. */
  answer(request: Request, path: string): Response | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    if (request.headers.get("if-none-match") === file.headers.etag) {
      return new Response(null, { status: 304, headers: file.headers });
    }
    return new Response(file.bytes, { headers: file.headers });
  }

  #read(folder: string, path: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const name = `${path}/${entry.name}`;
      if (entry.isDirectory()) this.#read(join(folder, entry.name), name);
      if (entry.isFile()) this.#add(name, readFileSync(join(folder, entry.name)));
    }
  }

  #add(name: string, content: Buffer): void {
    this.#bytes += content.byteLength;
    if (this.#bytes > totalBytesMax) throw new Error(`it holds more than ${totalBytesMax} bytes`);
    const hash = createHash("sha256").update(content).digest("base64url").slice(0, 16);
    // Built files carry a hash in their name; they never change.
    const isHashed = name.startsWith("/assets/");
    this.#files.set(name, {
      bytes: new Uint8Array(content),
      headers: {
        ...securityHeaders,
        "content-type": contentTypes[extname(name)] ?? "application/octet-stream",
        "cache-control": isHashed ? "public, max-age=31536000, immutable" : "no-cache",
        etag: `"${hash}"`,
      },
    });
  }
}
