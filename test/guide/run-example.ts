import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type EvaluationReport, Llama, LlamaContextSequence, LlamaModel } from "colloquy";
import { vi } from "vitest";

/** What an example printed and what its context sequence did. */
export interface ExampleRun {
  /** Lines of `console.log`; values that are no text as JSON. */
  readonly lines: readonly string[];
  /** Everything written to the standard output directly. */
  readonly written: string;
  /** One report for each evaluation, in order. */
  readonly evaluations: readonly EvaluationReport[];
  /** Tokens that the model wrote. */
  readonly outputTokens: number;
  /** What the context held at the end, as text; nothing when the program disposed it. */
  readonly contextText: string;
}

interface Recording {
  readonly lines: string[];
  readonly written: string[];
  readonly models: LlamaModel[];
  readonly sequences: LlamaContextSequence[];
  readonly evaluations: EvaluationReport[];
  /** Replies that are being generated. */
  running: number;
}

/**
 * Runs a file of `examples/` in this process and disposes everything that it loaded.
 * @param again tells one run of the same file from another, which would be answered by the module cache
 */
export async function runExample(name: string, again = "once"): Promise<ExampleRun> {
  const path = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
  if (!existsSync(path)) throw new Error(`There is no example ${name}`);
  return runProgram(path, again);
}

/** As {@link runExample}, for a program anywhere. */
export async function runProgram(path: string, again = "once"): Promise<ExampleRun> {
  const recording: Recording = {
    lines: [],
    written: [],
    models: [],
    sequences: [],
    evaluations: [],
    running: 0,
  };
  const spies = [...spyOnOutput(recording), ...spyOnEngine(recording), spyOnWaits(recording)];
  const { lines, written, models, sequences, evaluations } = recording;
  try {
    await import(/* @vite-ignore */ `${path}?run=${again}`);
    return {
      lines,
      written: written.join(""),
      evaluations,
      outputTokens: sequences.reduce((sum, { tokenMeter }) => sum + tokenMeter.usedOutputTokens, 0),
      contextText: sequences
        .filter(({ disposed }) => !disposed)
        .map(({ model, contextTokens }) => model.detokenize(contextTokens, true))
        .join(""),
    };
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const model of models) await model.dispose();
  }
}

function spyOnOutput({ lines, written }: Recording) {
  return [
    vi.spyOn(console, "log").mockImplementation((...values) => {
      lines.push(
        values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" "),
      );
    }),
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    }),
  ];
}

function spyOnEngine(recording: Recording) {
  const { models, sequences, evaluations } = recording;
  const { loadModel } = Llama.prototype;
  const { createContext } = LlamaModel.prototype;
  const { generate, preload } = LlamaContextSequence.prototype;
  return [
    vi.spyOn(Llama.prototype, "loadModel").mockImplementation(async function (this: Llama, options) {
      const model = await loadModel.call(this, options);
      models.push(model);
      return model;
    }),
    vi.spyOn(LlamaModel.prototype, "createContext").mockImplementation(async function (
      this: LlamaModel,
      options,
    ) {
      const context = await createContext.call(this, options);
      const getSequence = context.getSequence.bind(context);
      context.getSequence = (...given) => {
        const sequence = getSequence(...given);
        sequences.push(sequence);
        return sequence;
      };
      return context;
    }),
    vi.spyOn(LlamaContextSequence.prototype, "generate").mockImplementation(async function* (
      this: LlamaContextSequence,
      ...given
    ) {
      recording.running++;
      try {
        return yield* generate.apply(this, given);
      } finally {
        recording.running--;
        if (this.lastEvaluation !== undefined) evaluations.push(this.lastEvaluation);
      }
    }),
    vi.spyOn(LlamaContextSequence.prototype, "preload").mockImplementation(async function (
      this: LlamaContextSequence,
      ...given
    ) {
      await preload.apply(this, given);
      if (this.lastEvaluation !== undefined) evaluations.push(this.lastEvaluation);
    }),
  ];
}

/** On a busy machine an example that waits for a completion must wait longer than it says. */
function spyOnWaits(recording: Recording) {
  const wait = globalThis.setTimeout;
  const whenIdle = (then: () => void) => {
    if (recording.running === 0) then();
    else wait(() => whenIdle(then), 20);
  };
  return vi
    .spyOn(globalThis, "setTimeout")
    .mockImplementation(((task: () => void, ms = 0) =>
      wait(ms >= 1000 ? () => whenIdle(task) : task, ms)) as typeof setTimeout);
}
