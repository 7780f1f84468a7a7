import type { ErrorBody } from "../http/error-response.ts";

/** How tokens are chosen in a chat. What is missing has the default of `session.prompt()`. */
export interface SessionSampling {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly seed?: number;
  readonly repeatPenalty?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  /** Longest reply, tokens. */
  readonly maxTokens?: number;
}

export interface SessionSettings {
  /** `null`: the server's, or else the one of new chats in general; `""`: none. */
  readonly systemPrompt: string | null;
  readonly sampling: SessionSampling;
  /** JSON schema (2020-12) that replies are held to. */
  readonly schema: object | boolean | null;
}

export interface SessionSummary {
  readonly id: string;
  readonly title: string;
  /** ISO 8601 */
  readonly createdAt: string;
  /** ISO 8601 */
  readonly updatedAt: string;
  readonly messageCount: number;
  /** A reply is being written now. */
  readonly busy: boolean;
}

export interface SessionJson extends SessionSummary {
  readonly settings: SessionSettings;
  readonly messages: readonly MessageJson[];
  readonly canUndo: boolean;
  /** Of the last evaluation since the server started. */
  readonly context: ContextReport | null;
}

export type SessionRole = "system" | "user" | "model";

export type SessionStopReason =
  | "eogToken"
  | "stopGenerationTrigger"
  | "maxTokens"
  | "functionCalls"
  | "customStopTrigger"
  | "abort"
  | "timeLimit";

export interface MessageJson {
  readonly id: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly role: SessionRole;
  /** Of a model's message: its answer without thoughts and calls. */
  readonly text: string;
  /** `data:` URLs; only of a user's message that has some. */
  readonly images?: readonly string[];
  /** Only of a model's message. */
  readonly parts?: readonly PartJson[];
  /** Only of a model's message that was generated. */
  readonly stopReason?: string;
  /** What its writing cost; only of a model's message that was generated. */
  readonly cost?: ReplyCost;
}

export interface ReplyCost {
  readonly context: ContextReport;
  readonly stats: ReplyStats;
}

export type PartJson =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "segment";
      readonly segmentType: "thought" | "comment";
      readonly text: string;
      readonly ended: boolean;
    }
  | { readonly type: "call"; readonly name: string; readonly params: unknown; readonly result: unknown };

/** What an evaluation found in the context, tokens. */
export interface ContextReport {
  readonly contextSize: number;
  readonly usedTokens: number;
  readonly reusedTokens: number;
  readonly movedTokens: number;
  readonly sharedTokens: number;
  readonly evaluatedTokens: number;
  /** Until the first token could be chosen, milliseconds. */
  readonly promptMs: number;
}

/** The events of a prompt: names and data. */
export interface SessionEvents {
  message: { readonly message: MessageJson };
  context: ContextReport;
  text: { readonly text: string };
  segment: {
    readonly segmentType: "thought" | "comment";
    readonly text: string;
    readonly started?: true;
    readonly ended?: true;
  };
  call: { readonly index: number; readonly name: string; readonly params: unknown };
  result: { readonly index: number; readonly name: string; readonly result: unknown };
  stats: { readonly generatedTokens: number; readonly tokensPerSecond: number };
  done: { readonly message: MessageJson; readonly stats: ReplyStats };
  error: ErrorBody;
}

export interface ReplyStats {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  readonly tokensPerSecond: number;
}
