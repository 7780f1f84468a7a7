// A server in a process of its own, to be put under load: short replies, and a queue that is too short for everybody.
import { replies } from "../fake/fake-sequence.ts";
import { serveFake } from "./fake-server.ts";

const { server } = serveFake({
  count: 8,
  fake: { next: replies("Hello there, all of you!"), contextSize: 512 },
  limits: { queueLength: 40, connections: 400 },
});
const { url } = await server.listen({ port: 0 });
process.stdout.write(`${url}\n`);
