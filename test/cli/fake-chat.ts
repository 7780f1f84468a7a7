import { PassThrough } from "node:stream";
import { LlamaChatSession } from "../../src/chat/session/llama-chat-session.ts";
import { Chat, type ChatSettings } from "../../src/cli/chat/chat.ts";
import { styleOf } from "../../src/cli/terminal/style.ts";
import { FakeModel } from "../fake/fake-model.ts";
import { FakeSequence, type NextToken, replies } from "../fake/fake-sequence.ts";

/** A stream that keeps what is written to it, a terminal when it is told so. */
export class CapturedOutput extends PassThrough {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 80;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
    this.on("data", (chunk) => {
      this.text += chunk;
    });
  }

  /** The text without the control sequences of a terminal. */
  get plain(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is looked for
    return this.text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");
  }

  /** Resolves when the text has what is looked for, in what was written behind `from`. */
  async waitFor(expected: string | RegExp, from = 0): Promise<void> {
    const isThere = () => {
      const text = this.plain.slice(from);
      return typeof expected === "string" ? text.includes(expected) : expected.test(text);
    };
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Keys of a terminal. */
export class TypedInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
}

export interface FakeChatOptions extends Partial<Omit<ChatSettings, "output" | "errors">> {
  next?: NextToken;
  delayMs?: number;
  terminal?: boolean;
  contextSize?: number;
}

/** A chat on a session whose model follows a script. */
export function createFakeChat(options: FakeChatOptions = {}) {
  const {
    next = replies("One.", "Two.", "Three."),
    terminal = false,
    delayMs,
    contextSize,
    ...settings
  } = options;
  const output = new CapturedOutput(terminal);
  const errors = new CapturedOutput(terminal);
  const sequence = new FakeSequence(new FakeModel(), { next, delayMs, contextSize });
  const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: "Be kind." });
  const chat = new Chat(session, {
    modelName: "Fake",
    sampling: {},
    style: styleOf(output, {}),
    showStats: false,
    ...settings,
    output,
    errors,
  });
  return { chat, session, sequence, output, errors };
}
