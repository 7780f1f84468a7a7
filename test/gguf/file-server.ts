import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How one path is answered. */
export interface ServedFile {
  body: Buffer;
  /** Default: true. */
  ranges?: boolean;
  /** Extra headers of the answer. */
  headers?: Record<string, string>;
  /** Where the request is sent on to, instead of an answer. */
  redirect?: string;
  /** Bearer token that is asked for. */
  token?: string;
  /** Statuses of the first answers, before it works. */
  failures?: number[];
  /** The first so many answers with a body break off after so many bytes. */
  breaks?: { times: number; afterBytes: number };
  /** Never answers. */
  silent?: boolean;
}

export interface SeenRequest {
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  headers: IncomingMessage["headers"];
}

/** A web server of files on this machine, with the faults of real ones. */
export class FileServer {
  readonly requests: SeenRequest[] = [];
  readonly files = new Map<string, ServedFile>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FileServer> {
    const server = createServer();
    const files = new FileServer(server);
    server.on("request", (request, response) => files.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return files;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(path: string, file: ServedFile): string {
    this.files.set(path, file);
    return this.origin + path;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, authorization } = request.headers;
    const path = request.url ?? "";
    this.requests.push({ path, range, authorization, headers: request.headers });
    const file = this.files.get(path) ?? this.files.get(path.split("?")[0]!);
    if (file?.silent === true) return;
    if (file === undefined) {
      end(response, 404);
      return;
    }
    const failure = file.failures?.shift();
    if (failure !== undefined) {
      end(response, failure);
      return;
    }
    if (file.token !== undefined && authorization !== `Bearer ${file.token}`) {
      end(response, 401);
      return;
    }
    for (const [name, value] of Object.entries(file.headers ?? {})) response.setHeader(name, value);
    if (file.redirect !== undefined) {
      end(response.setHeader("location", file.redirect), 302);
      return;
    }
    this.#send(file, range, response);
  }

  #send(file: ServedFile, range: string | undefined, response: ServerResponse): void {
    const { body } = file;
    response.setHeader("etag", `"${createHash("sha1").update(body).digest("hex")}"`);
    const match = file.ranges === false ? null : /^bytes=(\d+)-(\d+)$/.exec(range ?? "");
    let [first, last] = [0, body.length - 1];
    if (match !== null) {
      [first, last] = [Number(match[1]), Math.min(Number(match[2]), body.length - 1)];
      if (first >= body.length) {
        end(response, 416);
        return;
      }
      response.setHeader("content-range", `bytes ${first}-${last}/${body.length}`);
      response.statusCode = 206;
    }
    response.setHeader("content-length", last - first + 1);
    const { breaks } = file;
    if (breaks !== undefined && breaks.times > 0 && last > first) {
      breaks.times--;
      const cut = body.subarray(first, Math.min(last + 1, first + breaks.afterBytes));
      response.write(cut, () => response.destroy());
      return;
    }
    response.end(body.subarray(first, last + 1));
  }
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}
