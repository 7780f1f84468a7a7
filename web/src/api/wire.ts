/** What goes over the wire: the server's own types, so that both sides cannot drift apart. */
export type {
  ContextReport,
  MessageJson,
  PartJson,
  ReplyCost,
  SessionEvents,
  SessionJson,
  SessionSampling,
  SessionSettings,
  SessionSummary,
} from "../../../src/server/sessions/wire.ts";

import type { SessionEvents, SessionSettings } from "../../../src/server/sessions/wire.ts";

/** The answer of `GET /api/info`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly model: { readonly id: string; readonly contextSize: number; readonly trainContextSize: number };
  readonly images: boolean;
  readonly functions: readonly string[];
}

/** An event of a running reply; its name says what the data is. */
export type PromptEvent = {
  [Name in keyof SessionEvents]: { readonly name: Name; readonly data: SessionEvents[Name] };
}[keyof SessionEvents];

/** What is asked: with neither text nor images, the chat is answered as it stands. */
export interface PromptBody {
  readonly text?: string;
  /** Pictures as `data:` addresses. */
  readonly images?: readonly string[];
}

export interface SessionChange {
  readonly title?: string;
  readonly settings?: Partial<SessionSettings>;
}
