import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatHistory } from "../../chat/history/chat-history.ts";
import type { ChatMessage } from "../../chat/history/chat-message.ts";
import type { Chat } from "./chat.ts";
import type { ChatCommand } from "./chat-command.ts";
import { loadChat, saveChat } from "./chat-file.ts";
import { textOrFile } from "./prompt-file.ts";
import { replyFiguresText } from "./reply-figures.ts";

/** What can be typed in the chat besides prompts. Numbers of messages are the history's, from 0; negative: from the end. */
export const chatCommands: readonly ChatCommand[] = [
  {
    names: ["reset", "clear"],
    help: "begin anew; the system prompt stays",
    run(chat) {
      chat.session.history.reset();
      chat.forgetImages();
      chat.note("The chat begins anew.");
    },
  },
  {
    names: ["undo"],
    help: "remove your last message and the reply to it",
    run({ session: { history }, note }) {
      const [removed] = history.pop(history.length - lastTurn(history).index);
      note(`Removed: ${firstLine(removed?.text ?? "")}`);
    },
  },
  {
    names: ["retry"],
    argument: "[TEMPERATURE]",
    help: "answer your last message again",
    run: retry,
  },
  {
    names: ["edit"],
    argument: "N TEXT",
    help: "put another text into message N of /history",
    run({ session: { history }, note }, argument) {
      const [, number = "", text = ""] = /^(\S+)\s*(.*)$/s.exec(argument) ?? [];
      const index = parseIndex(number);
      if (text === "") throw new InvalidArgumentError("The new text is missing");
      history.replace(index, text);
      note(`Message ${number} is changed.`);
    },
  },
  {
    names: ["remove"],
    argument: "N",
    help: "remove message N of /history",
    run({ session: { history }, note }, argument) {
      history.remove(parseIndex(argument));
      note(`Message ${argument} is removed.`);
    },
  },
  {
    names: ["history"],
    argument: "[N]",
    help: "list the messages, or show message N whole",
    run: showHistory,
  },
  {
    names: ["system"],
    argument: "[TEXT|FILE]",
    help: "set the system prompt, or show it",
    takesFile: true,
    async run(chat, argument) {
      const { tell, note } = chat;
      const { history } = chat.session;
      if (argument === "") {
        tell(history.systemPrompt === "" ? "There is no system prompt." : history.systemPrompt);
        return;
      }
      chat.setSystemPrompt(await textOrFile(expandHome(argument)));
      note("The system prompt is changed.");
    },
  },
  {
    names: ["save"],
    argument: "[FILE]",
    help: "save the chat as JSON (default: the file of --save)",
    takesFile: true,
    async run(chat, argument) {
      const path = argument === "" ? chat.settings.savePath : expandHome(argument);
      if (path === undefined) throw new InvalidArgumentError("/save needs a file name");
      await saveChat(path, chat.session.getChatHistory());
      chat.note(`Saved to ${path}`);
    },
  },
  {
    names: ["load"],
    argument: "FILE",
    help: "go on with a saved chat",
    takesFile: true,
    async run(chat, argument) {
      if (argument === "") throw new InvalidArgumentError("/load needs a file name");
      const items = await loadChat(expandHome(argument));
      chat.resume(items);
      chat.note(`Loaded ${items.length} messages.`);
    },
  },
  {
    names: ["stats"],
    help: "tokens and speed of the last reply and of the chat",
    run(chat) {
      const { sequence } = chat.session;
      const { usedInputTokens, usedOutputTokens } = sequence.tokenMeter;
      chat.tell(chat.figures === undefined ? "No reply yet." : replyFiguresText(chat.figures));
      chat.tell(`in all ${usedInputTokens} tokens evaluated, ${usedOutputTokens} generated`);
    },
  },
  {
    names: ["image"],
    argument: "PATH",
    help: "show the model an image",
    takesFile: true,
    async run(chat, argument, signal) {
      if (argument === "") throw new InvalidArgumentError("/image needs a file or an address");
      await chat.answer({ image: expandHome(argument) }, signal);
    },
  },
  { names: ["help"], help: "this list", run: showHelp },
  { names: ["exit", "quit"], help: "end the chat (also Ctrl+D)", run: () => "leave" },
];

/** The command of that name or other word. */
export function findChatCommand(name: string): ChatCommand | undefined {
  return chatCommands.find(({ names }) => names.includes(name));
}

async function retry(chat: Chat, argument: string, signal: AbortSignal): Promise<void> {
  const { session, settings } = chat;
  const { index, text } = lastTurn(session.history);
  const { sampling } = settings;
  const temperature = argument === "" ? (sampling.temperature ?? 0) : Number(argument);
  if (!(temperature >= 0)) throw new InvalidArgumentError(`"${argument}" is no temperature`);
  if (temperature === 0) chat.note("(temperature 0 gives the same reply; /retry 0.8 another one)");
  const items = session.getChatHistory();
  session.history.pop(session.history.length - index);
  // The same seed would draw the same reply.
  const seed = sampling.seed === undefined ? undefined : chat.nextSeed();
  try {
    await chat.answer({ text }, signal, { temperature, seed });
  } catch (error) {
    session.setChatHistory(items);
    throw error;
  }
}

function showHistory({ session: { history }, settings, tell }: Chat, argument: string): void {
  if (argument !== "") {
    const message = history.at(parseIndex(argument));
    if (message === undefined) throw new RangeError(`There is no message ${argument}`);
    tell(message.text);
    return;
  }
  if (history.length === 0) tell("There are no messages.");
  const width = String(history.length - 1).length;
  for (const { index, role, text } of history) {
    tell(`${String(index).padStart(width)} ${settings.style.strong(role.padEnd(6))} ${firstLine(text)}`);
  }
}

function showHelp(chat: Chat): void {
  const rows = chatCommands.map(({ names, argument = "", help }) => ({
    usage: `${names.map((name) => `/${name}`).join(", ")} ${argument}`.trim(),
    help,
  }));
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  for (const { usage, help } of rows) chat.tell(`${usage.padEnd(width)}  ${help}`);
  chat.tell("A backslash at the end of a line continues it; Ctrl+C stops a reply, twice leaves.");
}

/** Your last message, with which the last turn begins. @throws ColloquyError `invalid-argument` when there is none */
function lastTurn(history: ChatHistory): ChatMessage {
  const message = history.messages.findLast(({ role }) => role === "user");
  if (message === undefined) throw new InvalidArgumentError("You have said nothing yet");
  return message;
}

function parseIndex(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    text === "" ? "The number of the message is missing" : `"${text}" is no number of a message`,
  );
}

function firstLine(text: string, lengthMax = 60): string {
  const line = text.trim().split("\n", 1)[0]!;
  return line.length > lengthMax || line.length < text.trim().length ? `${line.slice(0, lengthMax)}…` : line;
}

function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}
