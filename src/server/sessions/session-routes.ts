import { ColloquyError } from "../../base/errors.ts";
import { jsonResponse } from "../http/json-response.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { FieldError } from "../http/request-error.ts";
import type { Route, RoutedRequest } from "../http/route.ts";
import { ofOneChat, operation, reference, whenBusy } from "../openapi/operation.ts";
import type { Serving } from "../serving.ts";
import { newMessage } from "../store/chat-store.ts";
import type { StoredSession } from "../store/stored-session.ts";
import { completeInStoredSession } from "./complete-session.ts";
import { modeOf, modeParameter } from "./edit-mode.ts";
import { noSession, promptSession } from "./prompt-session.ts";
import { readImages, readMessages } from "./read-message.ts";
import { defaultSettings, readSettings } from "./read-settings.ts";
import { sessionJson, summaryJson } from "./session-json.ts";
import type { SessionSettings } from "./wire.ts";

const tag = "chats";
const titleLength = 200;
const pageMax = 200;
const completionTokensMax = 256;
const promptEvents =
  "Events `message`, `context`, `text`, `segment`, `call`, `result`, `stats`, and `done` or `error` at the end";

/** The chat that a request is about. @throws RequestError 404 */
export function sessionOf({ store }: Serving, { params }: RoutedRequest): StoredSession {
  const session = store.get(params.id ?? "");
  if (session === undefined) throw noSession();
  return session;
}

export function sessionResponse(serving: Serving, id: string, status = 200): Response {
  return jsonResponse(sessionJson(serving, serving.store.require(id)), status);
}

/** @throws ColloquyError `range` when the store is full */
export function checkStoreRoom({ store, limits }: Serving): void {
  if (store.count < limits.sessions) return;
  throw new ColloquyError("range", `The store has at most ${limits.sessions} chats`, { hint: "delete some" });
}

function createSession(serving: Serving, { body }: RoutedRequest): Response {
  const reader = new ObjectReader(body).only("title", "settings", "messages");
  const title = reader.string("title", titleLength) ?? "";
  const settings = readSettings(reader.object("settings"), defaultSettings, serving.limits, serving.grammars);
  const messages = readMessages(reader, serving);
  checkStoreRoom(serving);
  const { id } = serving.store.create(title, settings, messages);
  return sessionResponse(serving, id, 201);
}

function listSessions(serving: Serving, { url }: RoutedRequest): Response {
  const text = url.searchParams.get("limit") ?? "50";
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > pageMax) {
    throw new FieldError("limit", `must be an integer from 1 to ${pageMax}`);
  }
  const search = url.searchParams.get("search") ?? "";
  if (search.length > titleLength) throw new FieldError("search", `has at most ${titleLength} characters`);
  const rows = serving.store.list(limit + 1, url.searchParams.get("before") ?? undefined, search);
  const sessions = rows.slice(0, limit).map((head) => summaryJson(serving, head));
  return jsonResponse({ sessions, more: rows.length > limit });
}

function updateSession(serving: Serving, request: RoutedRequest): Response {
  const session = sessionOf(serving, request);
  const reader = new ObjectReader(request.body).only("title", "settings");
  const title = reader.string("title", titleLength);
  const before = session.settings as SessionSettings;
  const settings = readSettings(reader.object("settings"), before, serving.limits, serving.grammars);
  if (settings !== before) serving.runs.ensureIdle(session.id);
  serving.store.update(session.id, { title, settings });
  return sessionResponse(serving, session.id);
}

function deleteSession(serving: Serving, request: RoutedRequest): Response {
  const { id } = sessionOf(serving, request);
  serving.store.delete(id);
  serving.runs.forget(id);
  return new Response(null, { status: 204 });
}

async function prompt(serving: Serving, request: RoutedRequest): Promise<Response> {
  const session = sessionOf(serving, request);
  const reader = new ObjectReader(request.body).only("text", "images", "maxTokens");
  const text = reader.string("text", serving.limits.messageLength);
  const maxTokens = reader.number("maxTokens", { min: 1, integer: true });
  const media = readImages(reader, serving);
  if (media.length > 0) reader.required("text", text);
  return promptSession(serving, session, { text, maxTokens, media }, request.raw.signal);
}

/** The reply is removed as a change of its own, so that it can be had back. */
async function retry(serving: Serving, request: RoutedRequest): Promise<Response> {
  const session = sessionOf(serving, request);
  const reader = new ObjectReader(request.body).only("maxTokens");
  const maxTokens = reader.number("maxTokens", { min: 1, integer: true });
  serving.runs.ensureIdle(session.id);
  const messages = session.messages;
  if (messages.length < 2 || messages.at(-1)?.item.type !== "model") {
    throw new ColloquyError("busy", "There is no reply to write again");
  }
  serving.store.change(session.id, messages.slice(0, -1));
  const shorter = serving.store.require(session.id);
  return promptSession(serving, shorter, { text: undefined, maxTokens }, request.raw.signal);
}

function cancel(serving: Serving, request: RoutedRequest): Response {
  return jsonResponse({ cancelled: serving.runs.cancel(sessionOf(serving, request).id) });
}

async function complete(serving: Serving, request: RoutedRequest): Promise<Response> {
  const session = sessionOf(serving, request);
  const reader = new ObjectReader(request.body).only("text", "maxTokens");
  const text = reader.required("text", reader.string("text", serving.limits.messageLength));
  const maxTokens = reader.number("maxTokens", { min: 1, max: completionTokensMax, integer: true }) ?? 24;
  const completion = await completeInStoredSession(serving, session, text, maxTokens, request.raw.signal);
  return jsonResponse({ completion });
}

function undo(serving: Serving, request: RoutedRequest): Response {
  const { id } = sessionOf(serving, request);
  const mode = modeOf(request.url);
  serving.runs.ensureIdle(id);
  if (!serving.store.undo(id)) throw new ColloquyError("busy", "There is nothing to undo");
  serving.runs.rememberEdit(id, mode);
  return sessionResponse(serving, id);
}

function fork(serving: Serving, request: RoutedRequest): Response {
  const session = sessionOf(serving, request);
  const reader = new ObjectReader(request.body).only("through", "title");
  const through = reader.string("through", 100);
  const title = reader.string("title", titleLength) ?? session.title;
  const last = session.messages.findIndex(({ id }) => id === through);
  if (through !== undefined && last === -1) throw new FieldError("through", "is no message of this chat");
  checkStoreRoom(serving);
  const taken = through === undefined ? session.messages : session.messages.slice(0, last + 1);
  const copies = taken.map(({ item, stopReason, cost }) => newMessage(item, stopReason, cost));
  const { id } = serving.store.create(title, session.settings, copies);
  return sessionResponse(serving, id, 201);
}

export const sessionRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/sessions",
    takesBody: "optional",
    operation: operation({
      tag,
      summary: "Create a chat",
      body: "NewSession",
      bodyOptional: true,
      answer: "Session",
      status: 201,
    }),
    answer: createSession,
  },
  {
    method: "GET",
    path: "/api/sessions",
    operation: operation({
      tag,
      summary: "List the chats, the last changed first",
      parameters: [
        {
          name: "limit",
          in: "query",
          schema: { type: "integer", minimum: 1, maximum: pageMax, default: 50 },
        },
        { name: "before", in: "query", schema: { type: "string" } },
        { name: "search", in: "query", schema: { type: "string", maxLength: titleLength } },
      ],
      answer: {
        type: "object",
        required: ["sessions", "more"],
        properties: {
          sessions: { type: "array", items: reference("SessionSummary") },
          more: { type: "boolean" },
        },
      },
    }),
    answer: listSessions,
  },
  {
    method: "GET",
    path: "/api/sessions/{id}",
    operation: operation({ tag, summary: "Read a chat", answer: "Session", refusals: ofOneChat }),
    answer: (serving, request) => jsonResponse(sessionJson(serving, sessionOf(serving, request))),
  },
  {
    method: "PATCH",
    path: "/api/sessions/{id}",
    takesBody: true,
    operation: operation({
      tag,
      summary: "Change title and settings",
      body: "SessionChange",
      answer: "Session",
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: updateSession,
  },
  {
    method: "DELETE",
    path: "/api/sessions/{id}",
    operation: operation({ tag, summary: "Delete a chat", status: 204, refusals: ofOneChat }),
    answer: deleteSession,
  },
  {
    method: "POST",
    path: "/api/sessions/{id}/prompt",
    takesBody: "optional",
    operation: operation({
      tag,
      summary: "Say something, or have the chat answered as it stands",
      body: "Prompt",
      bodyOptional: true,
      stream: "always",
      events: promptEvents,
      generates: true,
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: prompt,
  },
  {
    method: "POST",
    path: "/api/sessions/{id}/retry",
    takesBody: "optional",
    operation: operation({
      tag,
      summary: "Have the last reply written again",
      body: "Retry",
      bodyOptional: true,
      stream: "always",
      events: promptEvents,
      generates: true,
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: retry,
  },
  {
    method: "POST",
    path: "/api/sessions/{id}/cancel",
    operation: operation({
      tag,
      summary: "Stop the reply that is being written",
      answer: { type: "object", required: ["cancelled"], properties: { cancelled: { type: "boolean" } } },
      refusals: ofOneChat,
    }),
    answer: cancel,
  },
  {
    method: "POST",
    path: "/api/sessions/{id}/complete",
    takesBody: true,
    operation: operation({
      tag,
      summary: "How the user's message may go on",
      body: "Completing",
      answer: { type: "object", required: ["completion"], properties: { completion: { type: "string" } } },
      refusals: ofOneChat,
    }),
    answer: complete,
  },
  {
    method: "POST",
    path: "/api/sessions/{id}/undo",
    operation: operation({
      tag,
      summary: "Take the last change back",
      parameters: [modeParameter],
      answer: "Session",
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: undo,
  },
  {
    method: "POST",
    path: "/api/sessions/{id}/fork",
    takesBody: "optional",
    operation: operation({
      tag,
      summary: "Begin another chat with the messages of this one",
      body: "Fork",
      bodyOptional: true,
      answer: "Session",
      status: 201,
      refusals: ofOneChat,
    }),
    answer: fork,
  },
];
