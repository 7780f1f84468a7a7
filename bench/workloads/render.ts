import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { median } from "../runner/statistics.ts";
import type { HistoryItem, Library, LibrarySide, ModelLike, SessionLike } from "../sides/library.ts";
import { openChat } from "./chat.ts";
import { plainSystemPrompt, textOfLength } from "./texts.ts";

const messages = 200;
const messageTokens = 30;
const repetitions = 21;

interface RenderedText {
  tokenize(tokenizer: unknown): readonly number[];
}

/** What the library's own sessions do with a rendered chat, where it is not the text's own method. */
interface TokenizingLibrary extends Library {
  tokenizeContext?(text: RenderedText, model: ModelLike): readonly number[];
}

interface WrappedSession extends SessionLike {
  readonly chatWrapper: {
    generateContextState(options: { chatHistory: readonly HistoryItem[] }): {
      contextText: RenderedText;
    };
  };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const { library, session, model, count } = await openChat(side, settings, {
    contextSize: 512,
    systemPrompt: plainSystemPrompt,
  });
  const { chatWrapper } = session as WrappedSession;
  const { tokenizer } = model as ModelLike & { readonly tokenizer: unknown };
  const history: HistoryItem[] = [];
  for (let index = 0; index < messages; index++) {
    const text = await textOfLength(count, `Message ${index}:`, messageTokens, settings.seed + index);
    history.push(index % 2 === 0 ? { type: "user", text } : { type: "model", response: [text] });
  }
  const { tokenizeContext } = library as TokenizingLibrary;
  const render = (items: readonly HistoryItem[]) => {
    const { contextText } = chatWrapper.generateContextState({ chatHistory: items });
    return (tokenizeContext?.(contextText, model) ?? contextText.tokenize(tokenizer)).length;
  };
  const firstAt = performance.now();
  const tokens = render(history);
  const wholeMs = performance.now() - firstAt;
  const times: number[] = [];
  for (let index = 0; index < repetitions; index++) {
    const text = `A message that was not there before, number ${index}.`;
    const longer: HistoryItem[] = [...history, { type: "user", text }, { type: "model", response: [] }];
    const startedAt = performance.now();
    render(longer);
    times.push(performance.now() - startedAt);
  }
  return { metrics: { wholeMs, appendMs: median(times), tokens } };
}

export const render: Workload = {
  id: "B14",
  title: "rendering a long chat",
  description: `A chat of ${messages} messages of about ${messageTokens} tokens becomes tokens, at first and with one message more; the model does not run.`,
  metrics: {
    wholeMs: { title: "the first time", unit: "ms", better: "lower" },
    appendMs: { title: "with one message appended", unit: "ms", better: "lower" },
    tokens: { title: "tokens", unit: "tokens", better: "none" },
  },
  overLibrary,
};
