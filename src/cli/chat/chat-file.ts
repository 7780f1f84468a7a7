import { rename, rm, writeFile } from "node:fs/promises";
import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { readTextFile } from "./prompt-file.ts";

const fileBytesMax = 64 * 2 ** 20;

/**
 * Saves a chat as the JSON that `session.getChatHistory()` is. The file is whole or as before.
 * @throws ColloquyError `invalid-argument` when it cannot be written
 */
export async function saveChat(path: string, items: readonly ChatHistoryItem[]): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await writeFile(unfinished, `${JSON.stringify(items, null, 2)}\n`);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw new InvalidArgumentError(`"${path}" cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** @throws ColloquyError `invalid-argument` when the file cannot be read or holds no chat */
export async function loadChat(path: string): Promise<ChatHistoryItem[]> {
  const content = await readTextFile(path, fileBytesMax);
  try {
    const items: unknown = JSON.parse(content);
    if (!Array.isArray(items)) throw new InvalidArgumentError("it is not a list of messages");
    for (const [index, item] of items.entries()) checkItem(item, index);
    return items;
  } catch (cause) {
    const reason = cause instanceof ColloquyError ? cause.message : "it is not JSON";
    throw new InvalidArgumentError(`"${path}" holds no chat: ${reason}`, { cause });
  }
}

function checkItem(item: unknown, index: number): void {
  const { type, text, response } = (typeof item === "object" && item !== null ? item : {}) as {
    [key: string]: unknown;
  };
  const isText = typeof text === "string" || (type === "system" && typeof text === "object" && text !== null);
  const isResponse = Array.isArray(response) && response.every(isResponsePart);
  if ((type === "system" || type === "user") && isText) return;
  if (type === "model" && isResponse) return;
  throw new InvalidArgumentError(`message ${index} is no system, user or model message`);
}

function isResponsePart(part: unknown): boolean {
  if (typeof part === "string") return true;
  const type = typeof part === "object" && part !== null ? (part as { type?: unknown }).type : undefined;
  return type === "functionCall" || type === "segment";
}
