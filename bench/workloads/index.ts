import type { Workload } from "../runner/protocol.ts";
import { abort } from "./abort.ts";
import { chatTurns } from "./chat-turns.ts";
import { completion } from "./completion.ts";
import { constrainedGeneration } from "./constrained-generation.ts";
import { contention } from "./contention.ts";
import { contextShift } from "./context-shift.ts";
import { drafts } from "./drafts.ts";
import { historyEdits } from "./history-edits.ts";
import { inlineFunctions } from "./inline-functions.ts";
import { media } from "./media.ts";
import { memory } from "./memory.ts";
import { mixedLoad } from "./mixed-load.ts";
import { remote } from "./remote.ts";
import { render } from "./render.ts";
import { servedStreams } from "./served-streams.ts";
import { sharedPrompt } from "./shared-prompt.ts";
import { startUp } from "./start-up.ts";
import { tokenOverhead } from "./token-overhead.ts";

/** In the order of their numbers. */
export const workloads: readonly Workload[] = [
  startUp,
  chatTurns,
  tokenOverhead,
  constrainedGeneration,
  sharedPrompt,
  mixedLoad,
  historyEdits,
  contextShift,
  abort,
  completion,
  memory,
  inlineFunctions,
  render,
  drafts,
  servedStreams,
  media,
  contention,
  remote,
];
