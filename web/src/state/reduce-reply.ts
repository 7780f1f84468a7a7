import type { MessageJson, PartJson, PromptEvent } from "../api/wire.ts";
import type { LiveReply, Question } from "./chat-state.ts";

/** Rates that are kept for the picture. */
const ratesMax = 48;

/** A reply before its first event. One that goes on with a message begins with that message's parts. */
export function beginReply(
  asked: Question | null,
  continued: MessageJson | undefined,
  rowKey: string,
): LiveReply {
  return {
    rowKey,
    asked,
    continues: continued !== undefined,
    parts: continued === undefined ? [] : partsOf(continued),
    context: null,
    generatedTokens: 0,
    tokensPerSecond: 0,
    rates: [],
    stopping: false,
  };
}

/** The parts of a message; one without has its text. */
export function partsOf({ parts, text }: MessageJson): readonly PartJson[] {
  if (parts !== undefined) return parts;
  return text === "" ? [] : [{ type: "text", text }];
}

export function reduceReply(reply: LiveReply, event: PromptEvent): LiveReply {
  switch (event.name) {
    case "message":
      return { ...reply, asked: null };
    case "context":
      return { ...reply, context: event.data };
    case "text":
      return { ...reply, parts: withText(reply.parts, event.data.text) };
    case "segment":
      return { ...reply, parts: withSegment(reply.parts, event.data) };
    case "call": {
      const { name, params } = event.data;
      return { ...reply, parts: [...reply.parts, { type: "call", name, params, result: undefined }] };
    }
    case "result":
      return { ...reply, parts: withResult(reply.parts, event.data.index, event.data.result) };
    case "stats":
      return {
        ...reply,
        ...event.data,
        rates: [...reply.rates, event.data.tokensPerSecond].slice(-ratesMax),
      };
    case "done":
    case "error":
      return reply;
  }
}

function withText(parts: readonly PartJson[], text: string): readonly PartJson[] {
  const last = parts.at(-1);
  if (last?.type !== "text") return [...parts, { type: "text", text }];
  return [...parts.slice(0, -1), { type: "text", text: last.text + text }];
}

function withSegment(
  parts: readonly PartJson[],
  { segmentType, text, started, ended }: Extract<PromptEvent, { name: "segment" }>["data"],
): readonly PartJson[] {
  const last = parts.at(-1);
  const isOpen = last?.type === "segment" && last.segmentType === segmentType && !last.ended;
  if (!isOpen || started) return [...parts, { type: "segment", segmentType, text, ended: ended === true }];
  return [...parts.slice(0, -1), { ...last, text: last.text + text, ended: ended === true }];
}

/** Calls are counted within the reply that is being written; those of a continued message came before. */
function withResult(parts: readonly PartJson[], index: number, result: unknown): readonly PartJson[] {
  const waiting = parts.flatMap((part, at) =>
    part.type === "call" && part.result === undefined ? [at] : [],
  );
  const calls = parts.flatMap((part, at) => (part.type === "call" ? [at] : []));
  const at = waiting.includes(calls[index] ?? -1) ? calls[index] : waiting[0];
  return parts.map((part, here) => (here === at && part.type === "call" ? { ...part, result } : part));
}
