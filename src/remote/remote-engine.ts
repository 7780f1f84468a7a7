import type { Token } from "../engine/token.ts";
import type { RemoteVocabulary } from "./vocabulary/remote-vocabulary.ts";

/** What an engine is asked for: tokens that continue a prompt. */
export interface RemoteRequest {
  readonly promptIds: readonly Token[];
  /** 1 or more: engines either refuse 0 or take it as 1. */
  readonly maxTokens: number;
  readonly sampling: RemoteSampling;
  /** GBNF that the continuation must match from its first character on. */
  readonly grammar?: string;
  /** Log probabilities of this many best tokens; 0 is none. */
  readonly logprobs: number;
  /** Constant through a conversation: routers send equal keys to the same worker. */
  readonly sessionKey: string;
  readonly signal: AbortSignal;
}

/** How tokens are drawn, in the terms that every engine has. What one of them lacks, it refuses by name. */
export interface RemoteSampling {
  /** 0 takes the most probable token; everything but `tokenBias` and `dry` is off then. */
  readonly temperature: number;
  /** 0 is off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number | undefined;
  readonly xtc: { readonly probability: number; readonly threshold: number } | undefined;
  readonly dry:
    | {
        readonly strength: number;
        readonly base: number;
        readonly allowedLength: number;
        readonly lastTokens: number;
        readonly sequenceBreakers: readonly string[];
      }
    | undefined;
  readonly tokenBias: ReadonlyMap<Token, number> | undefined;
}

export type RemoteLogprobs = {
  readonly token: number;
  readonly top: readonly (readonly [Token, number])[];
};

/** What comes back, in order. A stream that is complete ends with exactly one `finish`. */
export type RemoteEvent =
  | { readonly type: "token"; readonly token: Token; readonly logprobs?: RemoteLogprobs }
  /** So many prompt tokens were in the engine's cache; told at most once, before the finish. */
  | { readonly type: "cached"; readonly tokens: number }
  /** So many tokens follow that the stream cannot tell; {@link RemoteEngine.complete} can. Nothing comes after it. */
  | { readonly type: "untold"; readonly count: number }
  | {
      readonly type: "finish";
      readonly reason: "eog" | "length" | "stop";
      readonly cachedTokens: number | undefined;
    };

/** What an engine says of itself. */
export interface EngineFacts {
  /** Tokens that a prompt and its continuation may have together. */
  readonly contextSize: number;
  /** The name under which it serves the model. */
  readonly modelName: string;
}

/** A distributed engine, seen through its HTTP interface. */
export interface RemoteEngine {
  readonly type: "llama-server" | "vllm";
  /** @throws ColloquyError `native-failure` when it cannot be reached, `model-not-found` */
  facts(modelName: string | undefined, signal?: AbortSignal): Promise<EngineFacts>;
  /** The engine's own tokens of a text, special tokens parsed, nothing put in front. */
  tokenize(text: string, modelName: string, signal?: AbortSignal, sessionKey?: string): Promise<Token[]>;
  /**
   * The vocabulary of the model that it serves, as it tells it.
   * @throws UnsupportedError when its interface does not tell enough
   */
  readVocabulary(modelName: string, signal?: AbortSignal): Promise<RemoteVocabulary>;
  /** @throws UnsupportedError naming what this engine lacks of the options */
  check(request: Pick<RemoteRequest, "sampling" | "logprobs" | "grammar">): void;
  /**
   * Tokens as they are made. Leaving the loop closes the connection, which frees the engine's place.
   * @throws TransportError when the connection breaks or the stream ends without a finish
   */
  stream(request: RemoteRequest, modelName: string): AsyncGenerator<RemoteEvent, void, void>;
  /** The same in one answer, which knows every id. */
  complete(
    request: RemoteRequest,
    modelName: string,
  ): Promise<{ tokens: Token[]; finish: RemoteEvent & { type: "finish" } }>;
}
