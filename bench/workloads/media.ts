import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, type Settings, UnsupportedError, type Workload } from "../runner/protocol.ts";
import { type Library, type LibrarySide, meteredTokens, type SessionLike } from "../sides/library.ts";
import { openModel, startBudget, timedPrompt } from "./chat.ts";
import { imageCells, writeArbitraryProjector } from "./media-projector.ts";
import { plainSystemPrompt } from "./texts.ts";

const turns = 5;
const answerTokens = 16;
const contextSize = 2048;
const picture =
  '<svg xmlns="http://www.w3.org/2000/svg" width="448" height="448"><circle cx="200" cy="200" r="150" fill="teal"/></svg>';
const image = { type: "image", url: `data:image/svg+xml;base64,${Buffer.from(picture).toString("base64")}` };

/** What a library must have besides the shared interface. */
interface MediaLibrary extends Library {
  buildMediaLibrary?(): Promise<string>;
  projectorOf?(model: object): Promise<{ readonly stats: { readonly encodings: number } }>;
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const plain = await openModel(side, settings);
  const library: MediaLibrary = plain.library;
  if (library.projectorOf === undefined || library.buildMediaLibrary === undefined)
    throw new UnsupportedError("the library takes no images");
  await library.buildMediaLibrary();
  const folder = mkdtempSync(join(tmpdir(), "bench-media-"));
  try {
    const mmprojPath = join(folder, "mmproj.gguf");
    writeArbitraryProjector(
      mmprojPath,
      (plain.model as unknown as { embeddingVectorSize: number }).embeddingVectorSize,
    );
    const options = { modelPath: settings.modelPath, mmprojPath };
    const model = await plain.llama.loadModel(options);
    const context = await model.createContext({ contextSize });
    const session = new library.LlamaChatSession({
      contextSequence: context.getSequence(),
      systemPrompt: plainSystemPrompt,
    });
    const { signal } = startBudget(settings.budgetMs);
    const done = await imageChat(session, signal);
    const { stats } = await library.projectorOf(model);
    return { metrics: { ...done, encodings: stats.encodings }, cut: signal.aborted };
  } finally {
    await plain.llama.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same image over several turns, then the first question is changed and asked again. */
async function imageChat(session: SessionLike, signal: AbortSignal): Promise<Record<string, number>> {
  const firstTextMs: number[] = [];
  const evaluated: number[] = [];
  const ask = async (prompt: unknown) => {
    const before = meteredTokens(session.sequence);
    const answer = await timedPrompt(session, prompt as string, { maxTokens: answerTokens, signal });
    firstTextMs.push(answer.firstTextMs);
    evaluated.push(meteredTokens(session.sequence) - before);
  };
  await ask([image, { type: "text", text: "What is this?" }]);
  for (let turn = 1; turn < turns; turn++) await ask(`Say more about it, part ${turn}.`);
  const later = { ms: Math.max(...firstTextMs.slice(1)), tokens: Math.max(...evaluated.slice(1)) };
  const history = session.getChatHistory();
  session.setChatHistory(
    history
      .slice(0, 2)
      .map((item) => (item.type === "user" ? { ...item, text: `Look closely. ${item.text}` } : item)),
  );
  await ask("Answer briefly.");
  return {
    firstTurnMs: firstTextMs[0]!,
    laterTurnMaxMs: later.ms,
    laterTurnMaxTokens: later.tokens,
    editedTurnMs: firstTextMs[turns]!,
    editedTurnTokens: evaluated[turns]!,
  };
}

export const media: Workload = {
  id: "B17",
  title: "one image, many turns",
  description: `An image of ${imageCells} cells (a projector of arbitrary weights), ${turns} turns about it, then its message is edited.`,
  metrics: {
    encodings: { title: "times the image was encoded", unit: "count", better: "lower" },
    firstTurnMs: { title: "first text, turn with the image", unit: "ms", better: "lower" },
    laterTurnMaxMs: { title: "first text, worst later turn", unit: "ms", better: "lower" },
    laterTurnMaxTokens: { title: "evaluated, worst later turn", unit: "tokens", better: "lower" },
    editedTurnMs: { title: "first text after the edit", unit: "ms", better: "lower" },
    editedTurnTokens: { title: "evaluated after the edit", unit: "tokens", better: "lower" },
  },
  overLibrary,
};
