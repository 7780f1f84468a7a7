import { errorText } from "../error-text.ts";
import type { Chat } from "./chat.ts";
import { chatCommands, findChatCommand } from "./chat-commands.ts";
import { nearestName } from "./nearest-name.ts";
import { promptInput } from "./prompt-file.ts";

/** What became of a line: `"failed"` has been told already. */
export type LineOutcome = "done" | "failed" | "leave";

/** A path such as `/usr/bin/env` is no command. */
const commandPattern = /^\/([^\s/.]*)(?:\s+(.*))?$/s;

/**
 * Does what a line of input says: a command with a slash, anything else is a prompt. Never throws: what goes wrong is
 * told, and the chat goes on.
 */
export async function handleLine(chat: Chat, line: string, signal: AbortSignal): Promise<LineOutcome> {
  if (line.trim() === "") return "done";
  try {
    const [, name, argument = ""] = commandPattern.exec(line) ?? [];
    if (name !== undefined) return await runCommand(chat, name, argument.trim(), signal);
    await chat.answer(await promptInput(line.trim()), signal);
    return "done";
  } catch (error) {
    if (signal.aborted) return "done";
    chat.complain(errorText(error));
    return "failed";
  }
}

async function runCommand(
  chat: Chat,
  name: string,
  argument: string,
  signal: AbortSignal,
): Promise<LineOutcome> {
  const command = findChatCommand(name.toLowerCase());
  if (command === undefined) {
    const nearest = nearestName(
      name.toLowerCase(),
      chatCommands.flatMap(({ names }) => names),
    );
    const advice = nearest === undefined ? "/help lists the commands" : `did you mean /${nearest}?`;
    chat.complain(`There is no command /${name}: ${advice} (a space in front makes it a prompt)`);
    return "failed";
  }
  return (await command.run(chat, argument, signal)) ?? "done";
}
