import { ColloquyError } from "../../base/errors.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { FieldError, RequestError } from "../http/request-error.ts";
import type { Route, RoutedRequest } from "../http/route.ts";
import { ofOneChat, operation, whenBusy } from "../openapi/operation.ts";
import type { Serving } from "../serving.ts";
import { newMessage } from "../store/chat-store.ts";
import type { StoredSession } from "../store/stored-session.ts";
import { editModes, modeOf, modeParameter } from "./edit-mode.ts";
import { itemOf, readMessage, userItem } from "./read-message.ts";
import { sessionOf, sessionResponse } from "./session-routes.ts";

const tag = "messages";

function insert(serving: Serving, request: RoutedRequest): Response {
  const session = sessionOf(serving, request);
  const reader = new ObjectReader(request.body).only("role", "text", "images", "before", "mode");
  const mode = reader.oneOf("mode", ...editModes);
  const message = readMessage(reader, serving);
  const before = reader.string("before", 100);
  const at = session.messages.findIndex(({ id }) => id === before);
  if (before !== undefined && at === -1) throw new FieldError("before", "is no message of this chat");
  serving.runs.ensureIdle(session.id);
  if (session.messages.length >= serving.limits.messages) {
    throw new ColloquyError("range", `A chat has at most ${serving.limits.messages} messages`);
  }
  const place = before === undefined ? session.messages.length : at;
  serving.store.change(session.id, session.messages.toSpliced(place, 0, message));
  serving.runs.rememberEdit(session.id, mode ?? "exact");
  return sessionResponse(serving, session.id, 201);
}

function edit(serving: Serving, request: RoutedRequest): Response {
  const session = sessionOf(serving, request);
  const at = indexOf(session, request);
  const reader = new ObjectReader(request.body).only("text", "mode");
  const mode = reader.oneOf("mode", ...editModes);
  const text = reader.required("text", reader.string("text", serving.limits.messageLength));
  serving.runs.ensureIdle(session.id);
  const { item } = session.messages[at]!;
  const edited = item.type === "user" ? userItem(text, item.media) : itemOf(item.type, text);
  serving.store.change(session.id, session.messages.with(at, newMessage(edited)));
  serving.runs.rememberEdit(session.id, mode ?? "exact");
  return sessionResponse(serving, session.id);
}

function remove(serving: Serving, request: RoutedRequest): Response {
  const session = sessionOf(serving, request);
  const at = indexOf(session, request);
  const mode = modeOf(request.url);
  serving.runs.ensureIdle(session.id);
  serving.store.change(session.id, session.messages.toSpliced(at, 1));
  serving.runs.rememberEdit(session.id, mode);
  return sessionResponse(serving, session.id);
}

function indexOf({ messages }: StoredSession, { params }: RoutedRequest): number {
  const index = messages.findIndex(({ id }) => id === params.messageId);
  if (index === -1) throw new RequestError(404, "range", "There is no such message in this chat");
  return index;
}

export const messageRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/sessions/{id}/messages",
    takesBody: true,
    operation: operation({
      tag,
      summary: "Insert a message",
      body: "NewMessage",
      answer: "Session",
      status: 201,
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: insert,
  },
  {
    method: "PATCH",
    path: "/api/sessions/{id}/messages/{messageId}",
    takesBody: true,
    operation: operation({
      tag,
      summary: "Edit a message",
      body: "MessageText",
      answer: "Session",
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: edit,
  },
  {
    method: "DELETE",
    path: "/api/sessions/{id}/messages/{messageId}",
    operation: operation({
      tag,
      summary: "Remove a message",
      parameters: [modeParameter],
      answer: "Session",
      refusals: { ...ofOneChat, ...whenBusy },
    }),
    answer: remove,
  },
];
