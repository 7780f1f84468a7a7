import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import type { LibrarySide } from "../sides/library.ts";
import { timedPrompt } from "./chat.ts";
import { chatMl, chatMlAnswer, plainSystemPrompt } from "./texts.ts";

const contextSize = 2048;
const megabyte = 2 ** 20;

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const start = performance.now();
  const library = await side.load();
  const importMs = performance.now() - start;
  const llama = await library.getLlama(side.llamaOptions(settings.threads));
  const model = await llama.loadModel({ modelPath: settings.modelPath });
  const readyMs = performance.now() - start;
  const readyRssMb = process.memoryUsage.rss() / megabyte;
  const context = await model.createContext({ contextSize });
  const contextSequence = context.getSequence();
  const session = new library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
  const beforePrompt = performance.now() - start;
  const answer = await timedPrompt(session, "Hi", { maxTokens: 4 });
  return {
    metrics: {
      importMs,
      readyMs,
      firstTokenMs: beforePrompt + answer.firstTextMs,
      readyRssMb,
      endRssMb: process.memoryUsage.rss() / megabyte,
    },
    text: answer.text,
  };
}

export const startUp: Workload = {
  id: "B1",
  title: "start-up",
  description:
    'From the start of the import, in a fresh process, with the files in the file cache: import, model loaded, first text of the answer to "Hi".',
  metrics: {
    importMs: { title: "import", unit: "ms", better: "lower" },
    readyMs: { title: "import → model ready", unit: "ms", better: "lower" },
    firstTokenMs: { title: "import → first text", unit: "ms", better: "lower" },
    readyRssMb: { title: "resident, model ready", unit: "MB", better: "lower" },
    endRssMb: { title: "resident, after the answer", unit: "MB", better: "lower" },
  },
  overLibrary,
  async overRaw(open) {
    const start = performance.now();
    const raw = await open();
    const prompt = chatMl("system", plainSystemPrompt) + chatMl("user", "Hi") + chatMlAnswer;
    await raw.evaluate(await raw.tokenize(prompt));
    await raw.generate(1, 1000);
    const firstTokenMs = performance.now() - start;
    const endRssMb = await raw.peakRssMb();
    // The same four tokens as the libraries' answer, so that the texts can be compared.
    const answer = await raw.generate(4, 1000);
    return {
      metrics: { readyMs: raw.loadMs, firstTokenMs, endRssMb },
      text: await raw.text(answer.tokens),
    };
  },
};
