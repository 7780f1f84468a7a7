import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import { detectContentType } from "../../chat/history/content-type.ts";

/** One thing to say: text, or the address of an image. */
export type PromptInput = { readonly text: string } | { readonly image: string };

const fileBytesMax = 16 * 2 ** 20;

/** The content of a text file. @throws ColloquyError `invalid-argument` when it cannot be read or is too large */
export async function readTextFile(path: string, bytesMax: number = fileBytesMax): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > bytesMax) throw new InvalidArgumentError(`"${path}" has ${size} bytes, more than ${bytesMax}`);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof ColloquyError) throw cause;
    throw new InvalidArgumentError(`"${path}" cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Whether the text is the path of a file that exists; a text of several lines is none. */
export async function isFile(text: string): Promise<boolean> {
  if (text === "" || text.length > 4096 || /[\0\n]/.test(text)) return false;
  return (await stat(text).catch(() => undefined))?.isFile() === true;
}

/** The text itself, or the content of the file that it names. */
export async function textOrFile(text: string): Promise<string> {
  return (await isFile(text)) ? (await readTextFile(text)).trimEnd() : text;
}

/** An image when the whole text is an existing image file or an image's URL. */
export async function promptInput(text: string): Promise<PromptInput> {
  const address = text.trim();
  const isImage = detectContentType(address) === "image";
  const isAddress = /^(https?:|data:)/i.test(address) || (isImage && (await isFile(address)));
  return isImage && isAddress ? { image: address } : { text };
}

/**
 * What one `--prompt` says: a `.txt` file holds a prompt a line, a `.json` file a list of texts or of `{text}`.
 * @throws ColloquyError `invalid-argument` when the file does not hold prompts
 */
export async function promptInputs(text: string): Promise<PromptInput[]> {
  if (text.trim() === "") return [];
  const type = extname(text).toLowerCase();
  if ((type !== ".txt" && type !== ".json") || !(await isFile(text))) return [await promptInput(text)];
  const content = await readTextFile(text);
  const prompts = type === ".json" ? parsePrompts(content, text) : content.split(/\r?\n/);
  return Promise.all(prompts.filter((prompt) => prompt.trim() !== "").map(promptInput));
}

function parsePrompts(content: string, path: string): string[] {
  const refuse = (cause?: unknown) =>
    new InvalidArgumentError(`"${path}" is not a list of texts or of {"text": …}`, { cause });
  let list: unknown;
  try {
    list = JSON.parse(content);
  } catch (cause) {
    throw refuse(cause);
  }
  if (!Array.isArray(list)) throw refuse();
  return list.map((item) => {
    const text = typeof item === "object" && item !== null ? (item as { text?: unknown }).text : item;
    if (typeof text !== "string") throw refuse();
    return text;
  });
}
