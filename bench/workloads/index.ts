import type { Workload } from "../runner/protocol.ts";
import { chatTurns } from "./chat-turns.ts";
import { contention } from "./contention.ts";
import { startUp } from "./start-up.ts";
import { tokenOverhead } from "./token-overhead.ts";

/** In the order of their numbers. */
export const workloads: readonly Workload[] = [startUp, chatTurns, tokenOverhead, contention];
