import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { chatCommands, findChatCommand } from "./chat-commands.ts";

const namesMax = 200;

/**
 * What the tabulator key offers: commands behind a slash, and file names behind a command that takes a file.
 * @returns the candidates, and the part of the line that they stand for
 */
export async function completeLine(line: string): Promise<[string[], string]> {
  const command = /^\/(\S*)$/.exec(line)?.[1];
  if (command !== undefined) {
    const names = chatCommands.flatMap((one) => one.names.map((name) => ({ name, argument: one.argument })));
    const hits = names.filter(({ name }) => name.startsWith(command));
    return [hits.map(({ name, argument }) => `/${name}${argument === undefined ? "" : " "}`), line];
  }
  const [, name, path] = /^\/(\S+)\s+(.*)$/.exec(line) ?? [];
  if (name === undefined || path === undefined || !findChatCommand(name)?.takesFile) return [[], line];
  return [await completePath(path), path];
}

async function completePath(path: string): Promise<string[]> {
  const end = path.lastIndexOf("/") + 1;
  const [folder, start] = [path.slice(0, end), path.slice(end)];
  const place = folder.startsWith("~/") ? `${homedir()}${folder.slice(1)}` : folder || ".";
  const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.name.startsWith(start) && (start !== "" || !entry.name.startsWith(".")))
    .slice(0, namesMax)
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`);
}
