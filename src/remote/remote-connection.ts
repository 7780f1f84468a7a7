import type { RemoteEngine } from "./remote-engine.ts";

/** An engine and how patient to be with it. */
export interface RemoteConnection {
  readonly engine: RemoteEngine;
  readonly retries: number;
  readonly retryDelayMs: number;
}
