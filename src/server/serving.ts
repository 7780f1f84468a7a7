import type { ChatSessionModelFunctions } from "../chat/functions/chat-session-function.ts";
import type { LanguageModel } from "../engine/context-sequence.ts";
import type { ChatWrapper } from "../template/chat-wrapper.ts";
import type { ServerLimits } from "./limits/server-limits.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import type { EmbeddingSource } from "./openai/embeddings.ts";
import type { SchemaGrammars } from "./pool/schema-grammars.ts";
import type { SequencePool } from "./pool/sequence-pool.ts";
import type { Turns } from "./pool/turns.ts";
import type { SessionRuns } from "./sessions/session-runs.ts";
import type { ChatStore } from "./store/chat-store.ts";

/** Everything that answering a request takes. */
export interface Serving {
  readonly model: LanguageModel;
  /** The name under which the model is listed. */
  readonly modelId: string;
  readonly contextSize: number;
  readonly chatWrapper: ChatWrapper;
  /** What chats begin with that say nothing else; `undefined`: what new chats begin with in general. */
  readonly systemPrompt: string | undefined;
  readonly pool: SequencePool;
  readonly grammars: SchemaGrammars;
  readonly embeddings: EmbeddingSource | undefined;
  /** Requests for embeddings, one after the other. */
  readonly embeddingTurns: Turns;
  readonly functions: ChatSessionModelFunctions;
  readonly store: ChatStore;
  readonly runs: SessionRuns;
  readonly limits: ServerLimits;
  readonly metrics: ServerMetrics;
  readonly startedAt: Date;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
  /** Told about faults of ours. */
  onError(error: unknown): void;
}
