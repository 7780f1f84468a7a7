// A server in a process of its own, to be killed: its arguments are the store's path.
import { replies } from "../fake/fake-sequence.ts";
import { serveFake } from "./fake-server.ts";

const { server } = serveFake({
  count: 1,
  storePath: process.argv[2]!,
  fake: { next: replies("a".repeat(2000)), delayMs: 5 },
});
const { url } = await server.listen({ port: 0 });
process.stdout.write(`${url}\n`);
