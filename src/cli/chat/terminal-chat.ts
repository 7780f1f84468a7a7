import type { CliIo } from "../cli-io.ts";
import { isYes } from "../terminal/confirm.ts";
import { inputHistoryPath, openInputHistory } from "../terminal/input-history.ts";
import { LineEditor } from "../terminal/line-editor.ts";
import type { Chat } from "./chat.ts";
import { completeLine } from "./complete-line.ts";
import { handleLine } from "./handle-line.ts";
import { createInterrupts } from "./interrupts.ts";

export interface TerminalChatIo extends Pick<CliIo, "input" | "output" | "environment" | "interrupt"> {
  /** Something worth telling at the beginning. */
  readonly hint?: string;
}

/** The interactive chat: until Ctrl+D, `/exit`, or Ctrl+C at an empty line. */
export async function runTerminalChat(chat: Chat, io: TerminalChatIo): Promise<void> {
  const { style, modelName } = chat.settings;
  chat.note(`${modelName}, room for ${chat.session.sequence.contextSize} tokens. /help lists the commands.`);
  if (io.hint !== undefined) chat.note(io.hint);
  const history = await openInputHistory(inputHistoryPath(io.environment));
  const interrupts = createInterrupts();
  let reply: AbortController | undefined;
  const editor = new LineEditor({
    input: io.input,
    output: io.output,
    history: history.lines,
    historySize: history.size,
    complete: completeLine,
    onInterrupt() {
      const action = interrupts({ replying: reply !== undefined, line: editor.line });
      if (action === "clear") return editor.clear();
      if (action === "leave") editor.close();
      reply?.abort();
    },
  });
  chat.confirm = async (question, signal) => isYes(await editor.ask(question, signal));
  const leave = () => {
    editor.close();
    reply?.abort();
  };
  io.interrupt.addEventListener("abort", leave, { once: true });
  const mark = style.prompt(">> ");
  try {
    for (;;) {
      const line = await readPrompt(editor, mark, (typed) => history.add(typed));
      if (line === undefined) return;
      reply = new AbortController();
      const outcome = await handleLine(chat, line, reply.signal);
      if (reply.signal.aborted) chat.note("(stopped; Ctrl+C again leaves)");
      reply = undefined;
      if (outcome === "leave") return;
    }
  } finally {
    io.interrupt.removeEventListener("abort", leave);
    editor.close();
  }
}

/** One prompt: a backslash at the end of a line continues it on the next one. */
async function readPrompt(
  editor: LineEditor,
  mark: string,
  remember: (line: string) => Promise<void>,
): Promise<string | undefined> {
  const lines: string[] = [];
  for (;;) {
    const line = await editor.read(lines.length === 0 ? mark : mark.replace(">> ", ".. "));
    if (line === undefined) return undefined;
    await remember(line);
    if (!line.endsWith("\\")) return [...lines, line].join("\n");
    lines.push(line.slice(0, -1));
  }
}
