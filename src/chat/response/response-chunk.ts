import type { Token } from "../../engine/token.ts";
import type { ChatModelSegment, ChatModelSegmentType } from "../../template/chat-history-items.ts";

/** A piece of the answer itself. */
export interface LlamaChatResponseTextChunk {
  type: undefined;
  segmentType: undefined;
  text: string;
  /** The tokens whose last byte is part of `text`. */
  tokens: Token[];
}

/** A piece of a thought or of a comment. */
export interface LlamaChatResponseSegmentChunk {
  type: "segment";
  segmentType: ChatModelSegmentType;
  text: string;
  /** The tokens whose last byte is part of `text`; tags are not counted. */
  tokens: Token[];
  /** Set on the segment's first chunk. */
  segmentStartTime?: Date;
  /** Set on the segment's last chunk. */
  segmentEndTime?: Date;
}

export type LlamaChatResponseChunk = LlamaChatResponseTextChunk | LlamaChatResponseSegmentChunk;

/** A whole segment of a response. */
export type LlamaChatResponseSegment = ChatModelSegment;

/** A piece of the parameters of a function call, as JSON text. */
export interface LlamaChatResponseFunctionCallParamsChunk {
  /** Counts the calls of one response, from 0. */
  callIndex: number;
  functionName: string;
  /** The chunks of one call joined are the JSON of its parameters. */
  paramsChunk: string;
  /** Whether this is the last chunk of the call. */
  done: boolean;
}
