import type { SchemaDialect } from "../grammar/json-schema/index.ts";
import type { LlamaTextJSON } from "./llama-text.ts";

/** Instructions for the model. Text or {@link LlamaTextJSON}, so that special tokens survive in a saved chat. */
export interface ChatSystemMessage {
  type: "system";
  text: string | LlamaTextJSON;
}

/** What the user said. Always plain text: special tokens written in it are never taken for special. */
export interface ChatUserMessage {
  type: "user";
  /** Where an image or a sound stands, the text has the character U+FFFC; those without a place come first. */
  text: string;
  /** Images and sounds, in the order of their places. */
  media?: ChatMedia[];
}

/** An image or a sound of a user's message. */
export interface ChatMedia {
  type: "image" | "audio";
  /** A path, a `file:`, `http(s):` or `data:` URL. */
  source: string;
}

/** What the model wrote, in the order in which it was written: text, function calls and segments. */
export interface ChatModelResponse {
  type: "model";
  response: Array<string | ChatModelFunctionCall | ChatModelSegment>;
}

/** One call of a function by the model, with its result. */
export interface ChatModelFunctionCall {
  type: "functionCall";
  name: string;
  description?: string;
  /** `undefined` when the function takes no parameters. */
  // biome-ignore lint/suspicious/noExplicitAny: parameters and results are whatever the user's function takes and returns
  params: any;
  /** `undefined` when the function returned nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  result: any;
  /** The call exactly as it was generated; rendered instead of `name` and `params` when present. */
  rawCall?: LlamaTextJSON;
  /** With parallel calls: this call begins a new group of calls. Default `false`. */
  startsNewChunk?: boolean;
}

/** Kinds of text that are not the answer: `thought` (reasoning) and `comment` (remarks between calls). */
export const chatModelSegmentTypes = Object.freeze(["thought", "comment"] as const);
export type ChatModelSegmentType = (typeof chatModelSegmentTypes)[number];

/** Reasoning or a comment within a response. */
export interface ChatModelSegment {
  type: "segment";
  segmentType: ChatModelSegmentType;
  text: string;
  /** Whether the model closed the segment. */
  ended: boolean;
  /** The segment exactly as it was generated, tags included; rendered instead of `text` when present. */
  raw?: LlamaTextJSON;
  /** ISO 8601 time. */
  startTime?: string;
  /** ISO 8601 time. */
  endTime?: string;
}

/** One message of a chat, as plain JSON. */
export type ChatHistoryItem = ChatSystemMessage | ChatUserMessage | ChatModelResponse;

/** The functions a model may call, by name. `params` is a JSON schema. */
export interface ChatModelFunctions {
  readonly [name: string]: {
    readonly description?: string;
    readonly params?: object | null;
    /**
     * How `params` is read. Default `"guide"`: every listed property is written. `"standard"`: JSON Schema 2020-12, only
     * the `required` ones must be; names that the schema does not list are not written at its top level, unless
     * `additionalProperties` is given.
     */
    readonly paramsDialect?: SchemaDialect;
  };
}

type ResponseItem = ChatModelResponse["response"][number] | undefined;

/** Whether an item of a response is a function call. */
export function isChatModelResponseFunctionCall(item: ResponseItem): item is ChatModelFunctionCall {
  return typeof item === "object" && item.type === "functionCall";
}

/** Whether an item of a response is a segment. */
export function isChatModelResponseSegment(item: ResponseItem): item is ChatModelSegment {
  return typeof item === "object" && item.type === "segment";
}
