import { ColloquyError, DisposedError, InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { resolveShiftSize } from "../context-shift/fit-history.ts";
import type { StopMetadata } from "../generation/options.ts";
import { SerialQueue } from "../generation/serial-queue.ts";
import { continuationTokens } from "../response/continuation-tokens.ts";
import { checkPromptOptions } from "../session/check-prompt-options.ts";
import { type CompleteTextOptions, completeText } from "./complete-text.ts";
import { arrangeInfill, type InfillTokens } from "./infill-layout.ts";

/** Text to complete: special tokens only in a {@link LlamaText} or as tokens. */
export type CompletionInput = readonly Token[] | string | LlamaText;

type TokenCount = number | ((sequence: ContextSequence) => number | Promise<number>);

export interface LlamaCompletionOptions {
  contextSequence: ContextSequence;
  /** Dispose the sequence together with this object. Default `false`. */
  autoDisposeSequence?: boolean;
}

export interface LlamaCompletionGenerationOptions extends CompleteTextOptions {
  /** How many of the oldest tokens leave when the context is full. Default: a tenth of the context. */
  contextShiftSize?: TokenCount;
  /** End the completion where the context is full instead. Default `false`. */
  disableContextShift?: boolean;
}

export interface LlamaInfillGenerationOptions extends LlamaCompletionGenerationOptions {
  /** How many tokens of the prefix stay at least when room is made. Default: a tenth of the context. */
  minPrefixKeepTokens?: TokenCount;
}

export interface LlamaCompletionResponse {
  response: string;
  metadata: StopMetadata;
}

/**
 * Continues texts without any chat format.
 *
 * @example
 * const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
 * await completion.generateCompletion("Here is a list of sweet fruits:\n* ", { maxTokens: 100 });
 */
export class LlamaCompletion {
  readonly #queue = new SerialQueue();
  readonly #autoDisposeSequence: boolean;
  #sequence: ContextSequence | undefined;

  /** @throws ColloquyError `invalid-argument`, `disposed` */
  constructor(options: LlamaCompletionOptions) {
    const { contextSequence, autoDisposeSequence = false } = options ?? {};
    if (typeof contextSequence?.generate !== "function") {
      throw new InvalidArgumentError("contextSequence must be a context sequence");
    }
    if (contextSequence.disposed) throw new DisposedError("The context sequence");
    this.#sequence = contextSequence;
    this.#autoDisposeSequence = autoDisposeSequence;
  }

  get disposed(): boolean {
    return this.#sequence === undefined || this.#sequence.disposed;
  }

  /** Whether the vocabulary has the tokens that mark the sides of a gap. */
  get infillSupported(): boolean {
    return infillTokens(this.#live()) !== undefined;
  }

  /** Continues a text. @throws ColloquyError `context-overflow`, `invalid-argument`, `disposed` */
  async generateCompletion(
    input: CompletionInput,
    options: LlamaCompletionGenerationOptions = {},
  ): Promise<string> {
    return (await this.generateCompletionWithMeta(input, options)).response;
  }

  /** As {@link generateCompletion}, with why it ended. */
  async generateCompletionWithMeta(
    input: CompletionInput,
    options: LlamaCompletionGenerationOptions = {},
  ): Promise<LlamaCompletionResponse> {
    checkPromptOptions(options);
    return this.#queue.run(async () => {
      const sequence = this.#live();
      const start = beginning(sequence);
      const tokens = inputTokens(input, sequence, start.length === 0 ? undefined : "trimLeadingSpace");
      const own = tokens[0] !== undefined && tokens[0] === start[0] ? tokens.slice(1) : tokens;
      return this.#complete(sequence, options, [...start, ...own], (room) => [
        ...start,
        ...own.slice(Math.max(0, own.length - (room - start.length))),
      ]);
    }, options.signal);
  }

  /**
   * Writes what stands between two texts.
   * @throws ColloquyError `unsupported` when the model was not trained for it
   */
  async generateInfillCompletion(
    prefixInput: CompletionInput,
    suffixInput: CompletionInput,
    options: LlamaInfillGenerationOptions = {},
  ): Promise<string> {
    return (await this.generateInfillCompletionWithMeta(prefixInput, suffixInput, options)).response;
  }

  /** As {@link generateInfillCompletion}, with why it ended. */
  async generateInfillCompletionWithMeta(
    prefixInput: CompletionInput,
    suffixInput: CompletionInput,
    options: LlamaInfillGenerationOptions = {},
  ): Promise<LlamaCompletionResponse> {
    checkPromptOptions(options);
    return this.#queue.run(async () => {
      const sequence = this.#live();
      const marks = infillTokens(sequence);
      if (marks === undefined) {
        throw new UnsupportedError("This model has no infill tokens", { hint: "check `infillSupported`" });
      }
      const { minPrefixKeepTokens } = options;
      const minPrefix = await resolveShiftSize(
        {
          size:
            typeof minPrefixKeepTokens === "function"
              ? () => minPrefixKeepTokens(sequence)
              : minPrefixKeepTokens,
        },
        sequence.contextSize,
      );
      const parts = {
        start: beginning(sequence),
        marks,
        prefix: inputTokens(prefixInput, sequence, "trimLeadingSpace"),
        suffix: inputTokens(suffixInput, sequence, "trimLeadingSpace"),
        minPrefix,
      };
      const whole = arrangeInfill(parts, Number.POSITIVE_INFINITY);
      return this.#complete(sequence, options, whole, (room) => arrangeInfill(parts, room));
    }, options.signal);
  }

  /** @param options `disposeSequence`: default is `autoDisposeSequence` */
  dispose({ disposeSequence = this.#autoDisposeSequence }: { disposeSequence?: boolean } = {}): void {
    const sequence = this.#sequence;
    this.#sequence = undefined;
    if (disposeSequence) void sequence?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #complete(
    sequence: ContextSequence,
    options: LlamaCompletionGenerationOptions,
    target: readonly Token[],
    cutTo: (room: number) => readonly Token[],
  ): Promise<LlamaCompletionResponse> {
    const { contextSize } = sequence;
    if (target.length === 0) throw new InvalidArgumentError("There is no text to complete");
    const { contextShiftSize } = options;
    const size = await resolveShiftSize(
      { size: typeof contextShiftSize === "function" ? () => contextShiftSize(sequence) : contextShiftSize },
      contextSize,
    );
    const makeRoom = async (completed: number) => {
      const shorter = cutTo(contextSize - size - completed);
      const isPossible = options.disableContextShift !== true && shorter.length + completed < contextSize;
      if (isPossible) return shorter;
      if (completed > 0) return undefined;
      throw new ColloquyError(
        "context-overflow",
        `The text takes ${target.length} tokens, and one more is needed, but the context holds ${contextSize}`,
        { hint: "shorten the text, create a larger context, or allow the context shift" },
      );
    };
    const { completion, metadata } = await completeText({ sequence, target, options, makeRoom });
    return { response: completion, metadata };
  }

  #live(): ContextSequence {
    if (this.#sequence === undefined || this.#sequence.disposed) throw new DisposedError("The completion");
    return this.#sequence;
  }
}

function beginning({ model }: ContextSequence): Token[] {
  const { bos, shouldPrependBosToken } = model.tokens;
  return shouldPrependBosToken && bos !== null ? [bos] : [];
}

function inputTokens(
  input: CompletionInput,
  { model }: ContextSequence,
  trim: "trimLeadingSpace" | undefined,
): readonly Token[] {
  if (typeof input === "string") return model.tokenize(input, false, trim);
  if (LlamaText.isLlamaText(input)) return continuationTokens(input, model);
  if (Array.isArray(input)) return input;
  throw new InvalidArgumentError("A text to complete is a string, a LlamaText or a list of tokens");
}

function infillTokens({ model }: ContextSequence): InfillTokens | undefined {
  const { infill } = model.tokens as { infill?: Partial<Record<keyof InfillTokens, Token | null>> };
  if (infill?.prefix == null || infill.suffix == null) return undefined;
  return { prefix: infill.prefix, suffix: infill.suffix, middle: infill.middle ?? undefined };
}
