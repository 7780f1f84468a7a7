import type {
  ChatHistoryItem,
  ChatMedia,
  ChatModelFunctionCall,
  ChatUserMessage,
} from "../../template/chat-history-items.ts";
import { mediaPlace } from "../../template/chat-media.ts";
import type { ObjectReader } from "../http/object-reader.ts";
import { FieldError, RequestError } from "../http/request-error.ts";
import type { ServerLimits } from "../limits/server-limits.ts";
import { readImage } from "../pool/read-image.ts";
import type { Serving } from "../serving.ts";
import type { ToolDefinitions } from "./read-tools.ts";

type ResponseItem = Extract<ChatHistoryItem, { type: "model" }>["response"][number];

/**
 * OpenAI's messages as a chat history. An assistant's message, the tools' results and what the assistant said to them
 * are one response of the model.
 * @throws FieldError naming the message; ColloquyError `media-unsupported`
 */
export function readMessages(
  reader: ObjectReader,
  tools: ToolDefinitions,
  serving: Pick<Serving, "limits" | "model">,
): ChatHistoryItem[] {
  const { limits } = serving;
  const messages = reader.required("messages", reader.objects("messages", limits.messages));
  if (messages.length === 0) throw new FieldError("messages", "must not be empty");
  const history: ChatHistoryItem[] = [];
  const open = new Map<string, ChatModelFunctionCall>();
  for (const message of messages) {
    const role = message.required(
      "role",
      message.oneOf("role", "system", "developer", "user", "assistant", "tool"),
    );
    if (role === "tool") answerCall(message, open, limits);
    else {
      checkAnswered(message, open);
      if (role === "user") history.push(readUser(message, serving));
      else if (role === "assistant") addResponse(history, readAssistant(message, open, tools, limits));
      else history.push({ type: "system", text: readContent(message, limits) });
    }
  }
  checkAnswered(reader, open);
  const images = history.reduce(
    (sum, item) => sum + (item.type === "user" ? (item.media?.length ?? 0) : 0),
    0,
  );
  if (images > limits.images) {
    throw new FieldError("messages", `must have at most ${limits.images} images`);
  }
  return history;
}

function addResponse(history: ChatHistoryItem[], items: ResponseItem[]): void {
  const last = history.at(-1);
  if (last?.type === "model") last.response.push(...items);
  else history.push({ type: "model", response: items });
}

function readAssistant(
  message: ObjectReader,
  open: Map<string, ChatModelFunctionCall>,
  tools: ToolDefinitions,
  limits: ServerLimits,
): ResponseItem[] {
  const items: ResponseItem[] = [];
  const thought = message.string("reasoning_content", limits.messageLength);
  if (thought) items.push({ type: "segment", segmentType: "thought", text: thought, ended: true });
  const calls = message.objects("tool_calls", limits.tools) ?? [];
  const hasContent = message.get("content") !== undefined;
  if (!hasContent && calls.length === 0) throw new FieldError(message.path("content"), "is required");
  const text = hasContent ? readContent(message, limits) : "";
  if (text !== "") items.push(text);
  for (const [index, call] of calls.entries()) {
    const item = readCall(call, tools, limits);
    if (index === 0) item.startsNewChunk = true;
    const id = call.required("id", call.string("id", 200));
    if (open.has(id)) throw new FieldError(call.path("id"), "is used twice");
    open.set(id, item);
    items.push(item);
  }
  return items;
}

function readCall(call: ObjectReader, tools: ToolDefinitions, limits: ServerLimits): ChatModelFunctionCall {
  const definition = call.required("function", call.object("function"));
  const name = definition.required("name", definition.string("name", 64));
  const text = definition.required("arguments", definition.string("arguments", limits.messageLength));
  const params = parseJson(text);
  if (params === undefined && text.trim() !== "") {
    throw new FieldError(definition.path("arguments"), "must be JSON");
  }
  const takesParams = tools[name] === undefined ? text.trim() !== "" : tools[name].params !== undefined;
  return { type: "functionCall", name, params: takesParams ? params : undefined, result: undefined };
}

function answerCall(
  message: ObjectReader,
  open: Map<string, ChatModelFunctionCall>,
  limits: ServerLimits,
): void {
  const id = message.required("tool_call_id", message.string("tool_call_id", 200));
  const call = open.get(id);
  if (call === undefined) throw new FieldError(message.path("tool_call_id"), "answers no call before it");
  const text = readContent(message, limits);
  // Many clients send results as JSON; as such the model gets them without a second layer of quotes.
  call.result = parseJson(text) ?? text;
  open.delete(id);
}

function checkAnswered(reader: ObjectReader, open: ReadonlyMap<string, unknown>): void {
  const [id] = open.keys();
  if (id === undefined) return;
  throw new FieldError(
    reader.path("messages"),
    `must answer the call ${JSON.stringify(id.slice(0, 100))} first`,
  );
}

/** A text, or a list of text parts. */
function readContent(message: ObjectReader, limits: ServerLimits): string {
  const value = message.required("content", message.get("content"));
  if (typeof value === "string") return message.string("content", limits.messageLength) as string;
  const parts = message.objects("content", limits.messages) ?? [];
  const texts = parts.map((part) => {
    const type = part.required("type", part.string("type", 100));
    if (type === "text" || type === "refusal") {
      return part.required(type, part.string(type, limits.messageLength));
    }
    throw new FieldError(part.path("type"), 'must be "text"');
  });
  return texts.join("");
}

/** A text, or a list of text and image parts. */
function readUser(message: ObjectReader, serving: Pick<Serving, "limits" | "model">): ChatUserMessage {
  const { limits } = serving;
  if (!Array.isArray(message.get("content"))) return { type: "user", text: readContent(message, limits) };
  const media: ChatMedia[] = [];
  const texts = message.objects("content", limits.messages)!.map((part) => {
    const type = part.required("type", part.oneOf("type", "text", "image_url", "input_audio", "file"));
    if (type === "text") {
      const text = part.required("text", part.string("text", limits.messageLength));
      // The place of an image is a character; one that was typed is none.
      return text.replaceAll(mediaPlace, "");
    }
    const param = part.path("type");
    if (type !== "image_url") {
      throw new RequestError(400, "media-unsupported", `This server takes no ${type}`, { param });
    }
    const image = part.object("image_url");
    media.push(readImage(image?.get("url"), image?.path("url") ?? param, serving));
    return mediaPlace;
  });
  if (media.length > limits.images) {
    throw new FieldError(message.path("content"), `must have at most ${limits.images} images`);
  }
  return { type: "user", text: texts.join(""), ...(media.length === 0 ? {} : { media }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
