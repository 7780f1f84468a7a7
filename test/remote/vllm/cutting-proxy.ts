import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  readonly url: string;
  /** Connections that were cut. */
  readonly cuts: number;
  /** Cuts every connection after so many bytes of an answer; `undefined` lets all through. */
  cutAfter(bytes: number | undefined): void;
  close(): Promise<void>;
}

/** Passes connections on, and can end them in the middle of an answer, as a router does whose worker dies. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let limit: number | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let passed = 0;
    const leave = () => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
    };
    open.add(client);
    client.on("data", (data) => {
      // A connection is used again for the next request.
      passed = 0;
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      passed += data.length;
      if (limit === undefined || passed < limit) return void client.write(data);
      cuts++;
      leave();
    });
    for (const socket of [client, upstream]) socket.on("error", leave).on("close", leave);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts;
    },
    cutAfter(bytes) {
      limit = bytes;
    },
    async close() {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
