import { LlamaText } from "../../template/llama-text.ts";
import type { Serving } from "../serving.ts";
import type { StoredMessage, StoredSession, StoredSessionHead } from "../store/stored-session.ts";
import type {
  MessageJson,
  PartJson,
  ReplyCost,
  SessionJson,
  SessionSettings,
  SessionSummary,
} from "./wire.ts";

export function summaryJson({ runs }: Serving, head: StoredSessionHead): SessionSummary {
  const { id, title, createdAt, updatedAt, messageCount } = head;
  return { id, title, createdAt, updatedAt, messageCount, busy: runs.isBusy(id) };
}

export function sessionJson(serving: Serving, session: StoredSession): SessionJson {
  return {
    ...summaryJson(serving, session),
    settings: session.settings as SessionSettings,
    messages: session.messages.map(messageJson),
    canUndo: session.canUndo,
    context: serving.runs.lastReport(session.id) ?? null,
  };
}

export function messageJson({ id, createdAt, item, stopReason, cost }: StoredMessage): MessageJson {
  if (item.type !== "model") {
    const text = typeof item.text === "string" ? item.text : LlamaText.fromJSON(item.text).toString();
    const media = item.type === "user" ? (item.media ?? []) : [];
    const images = media.map(({ source }) => source);
    return { id, createdAt, role: item.type, text, ...(images.length === 0 ? {} : { images }) };
  }
  const text = item.response.filter((part) => typeof part === "string").join("");
  const parts = item.response.map((part): PartJson => {
    if (typeof part === "string") return { type: "text", text: part };
    if (part.type === "segment") {
      return { type: "segment", segmentType: part.segmentType, text: part.text, ended: part.ended };
    }
    return { type: "call", name: part.name, params: part.params ?? null, result: part.result ?? null };
  });
  return {
    ...{ id, createdAt, role: "model", text, parts },
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(cost === undefined ? {} : { cost: cost as ReplyCost }),
  };
}
