export {
  ColloquyServer,
  createServer,
  type ListenOptions,
  type SequenceSource,
  type ServerOptions,
} from "./create-server.ts";
export type { ErrorBody } from "./http/error-response.ts";
export { defaultLimits, type ServerLimits } from "./limits/server-limits.ts";
export type { EmbeddingSource } from "./openai/embeddings.ts";
export type * from "./sessions/wire.ts";
