import type {
  ContextReport,
  PartJson,
  PromptEvent,
  ServerInfo,
  SessionJson,
  SessionSummary,
} from "../api/wire.ts";

/** `locked`: the server asks for a key. */
export type Connection = "connecting" | "open" | "gone" | "locked";

/** A reply that is being written. */
export interface LiveReply {
  /** Names its row in the conversation, also when it has become a message. */
  readonly rowKey: string;
  /** What the user said, until the server has it in its store. */
  readonly asked: Question | null;
  /** It goes on with the chat's last message instead of following it. */
  readonly continues: boolean;
  readonly parts: readonly PartJson[];
  readonly context: ContextReport | null;
  readonly generatedTokens: number;
  readonly tokensPerSecond: number;
  /** Latest rates, oldest first, tokens a second. */
  readonly rates: readonly number[];
  readonly stopping: boolean;
}

export interface Question {
  readonly text: string;
  /** `data:` addresses. */
  readonly images: readonly string[];
}

export interface Notice {
  readonly kind: "error" | "info";
  readonly text: string;
  /** What can be done about it. */
  readonly remedy?: "undo" | "answer";
  /** Seconds until another try makes sense. */
  readonly retryAfter?: number;
}

export interface ChatState {
  readonly connection: Connection;
  readonly info: ServerInfo | null;
  readonly chats: readonly SessionSummary[];
  readonly moreChats: boolean;
  /** What the titles in `chats` hold; `""`: all chats are listed. */
  readonly search: string;
  /** The open chat. */
  readonly chat: SessionJson | null;
  /** By the chat's id. */
  readonly replies: Readonly<Record<string, LiveReply>>;
  /**
   * By the message's id, of replies written while this page is open: the row that the reply was written in. A row that
   * stays keeps what its reader has unfolded and selected.
   */
  readonly rowKeys: Readonly<Record<string, string>>;
  /** Rates of the reply written last, tokens a second. */
  readonly lastRates: readonly number[];
  readonly notice: Notice | null;
}

export const initialState: ChatState = {
  connection: "connecting",
  info: null,
  chats: [],
  moreChats: false,
  search: "",
  chat: null,
  replies: {},
  rowKeys: {},
  lastRates: [],
  notice: null,
};

export type ChatAction =
  | { readonly type: "connected"; readonly info: ServerInfo }
  | { readonly type: "connection"; readonly connection: Connection }
  | {
      readonly type: "listed";
      readonly sessions: readonly SessionSummary[];
      readonly more: boolean;
      readonly append?: boolean;
    }
  | { readonly type: "searched"; readonly search: string }
  /** The chat is shown. */
  | { readonly type: "opened"; readonly chat: SessionJson }
  /** The chat is not what it was; shown only when it is the open one. */
  | { readonly type: "changed"; readonly chat: SessionJson }
  | { readonly type: "renamed"; readonly id: string; readonly title: string }
  | { readonly type: "deleted"; readonly id: string }
  | {
      readonly type: "asked";
      readonly chatId: string;
      readonly question?: Question;
      /** The last message is written again. */
      readonly again?: boolean;
    }
  | { readonly type: "event"; readonly chatId: string; readonly event: PromptEvent }
  | { readonly type: "stopping"; readonly chatId: string }
  | { readonly type: "ended"; readonly chatId: string }
  | { readonly type: "noticed"; readonly notice: Notice | null };
