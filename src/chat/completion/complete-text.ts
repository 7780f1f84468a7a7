import { ColloquyError } from "../../base/errors.ts";
import type { ContextSequence, EditMode } from "../../engine/context-sequence.ts";
import type { SequenceGrammar, StopTrigger } from "../../engine/sequence-grammar.ts";
import type { Token } from "../../engine/token.ts";
import type { StopMetadata, TextLimitOptions, TextSamplingOptions } from "../generation/options.ts";
import { resolveSampling } from "../generation/sampling.ts";
import { ResponseBuilder } from "../response/response-builder.ts";
import { type ParserEvent, ResponseParser } from "../response/response-parser.ts";
import { describeTrigger, triggerSymbols } from "../response/trigger-symbols.ts";

export interface CompleteTextOptions extends TextSamplingOptions, TextLimitOptions {
  onTextChunk?: (text: string) => void;
  onToken?: (tokens: Token[]) => void;
  grammar?: SequenceGrammar;
}

export interface CompleteTextInput {
  readonly sequence: ContextSequence;
  /** What is completed. */
  readonly target: readonly Token[];
  readonly options: CompleteTextOptions;
  /** Texts that end the completion, apart from those of the options. */
  readonly stopTriggers?: readonly StopTrigger[];
  /** Whether a special token ends the completion. */
  readonly stopAtSpecialTokens?: boolean;
  /** How the target reaches the cache. Default: the sequence's way. */
  readonly edit?: EditMode;
  /** The same after room was made. Default `"shift"`. */
  readonly shiftEdit?: EditMode;
  /**
   * Called when the context is full: a shorter target in place of the first one, or `undefined` when there is none.
   * @param completed tokens of the completion, which are kept
   */
  makeRoom(completed: number): Promise<readonly Token[] | undefined>;
}

interface StopTag {
  readonly trigger: StopTrigger;
  readonly custom: boolean;
}

/** Continues a text, up to one of its ends. With `maxTokens: 0` the text is only evaluated. */
export async function completeText(
  input: CompleteTextInput,
): Promise<{ completion: string; metadata: StopMetadata }> {
  const { signal, stopOnAbortSignal = false, maxTokens = Number.POSITIVE_INFINITY } = input.options;
  signal?.throwIfAborted();
  if (maxTokens <= 0) {
    const { target, edit } = await roomyTarget(input);
    await input.sequence.preload(target, {
      signal,
      edit,
      priority: input.options.evaluationPriority,
    });
    if (!stopOnAbortSignal) signal?.throwIfAborted();
    return { completion: "", metadata: { stopReason: signal?.aborted ? "abort" : "maxTokens" } };
  }
  const run = new CompletionRun(input);
  const metadata = await run.run(await roomyTarget(input), maxTokens);
  if (metadata.stopReason === "abort" && signal !== undefined) {
    if (!stopOnAbortSignal || run.text === "") throw signal.reason;
  }
  return { completion: run.text, metadata };
}

interface RoomyTarget {
  readonly target: readonly Token[];
  readonly edit: EditMode | undefined;
}

async function roomyTarget(input: CompleteTextInput): Promise<RoomyTarget> {
  const { sequence, target, makeRoom, edit, shiftEdit = "shift" } = input;
  if (target.length < sequence.contextSize) return { target, edit };
  const shorter = await makeRoom(0);
  if (shorter !== undefined && shorter.length < sequence.contextSize) {
    return { target: shorter, edit: shiftEdit };
  }
  throw new ColloquyError(
    "context-overflow",
    `The text takes ${target.length} tokens, and one more is needed, but the context holds ${sequence.contextSize}`,
    { hint: "shorten the text or create a larger context" },
  );
}

class CompletionRun {
  readonly #input: CompleteTextInput;
  readonly #builder: ResponseBuilder;
  readonly #parser: ResponseParser<StopTag>;
  readonly #completed: Token[] = [];

  constructor(input: CompleteTextInput) {
    const { options, sequence } = input;
    this.#input = input;
    const { onTextChunk, onToken, grammar } = options;
    const trimEnd = options.trimWhitespaceSuffix ?? grammar?.trimWhitespaceSuffix ?? false;
    this.#builder = new ResponseBuilder({ onTextChunk, onToken }, [], trimEnd);
    const own = [...(input.stopTriggers ?? []), ...(grammar?.stopGenerationTriggers ?? [])];
    const tags: StopTag[] = [
      ...own.map((trigger) => ({ trigger, custom: false })),
      ...(options.customStopTriggers ?? []).map((trigger) => ({ trigger, custom: true })),
    ];
    const patterns = tags.flatMap((tag) =>
      triggerSymbols(tag.trigger, sequence.model).map((symbols) => ({ symbols, tag })),
    );
    this.#parser = new ResponseParser(patterns, sequence.model);
  }

  get text(): string {
    return this.#builder.items.join("");
  }

  async run(first: RoomyTarget, maxTokens: number): Promise<StopMetadata> {
    const { sequence, options, makeRoom, shiftEdit = "shift" } = this.#input;
    const grammar = options.grammar?.matcher(sequence.model);
    const sampling = resolveSampling(options, () => this.#completed, sequence.model);
    let { target, edit } = first;
    while (true) {
      const left = maxTokens - this.#completed.length;
      const stream = sequence.generate([...target, ...this.#completed], {
        sampling,
        grammar,
        signal: options.signal,
        priority: options.evaluationPriority,
        edit,
        maxTokens: Number.isFinite(left) ? left : undefined,
      });
      const end = await this.#read(stream);
      if (typeof end === "object") return end;
      if (end !== "contextFull") {
        for (const event of this.#parser.flush()) this.#handle(event);
        return { stopReason: end === "eog" ? "eogToken" : end === "abort" ? "abort" : "maxTokens" };
      }
      const shorter = await makeRoom(this.#completed.length);
      if (shorter === undefined || shorter.length + this.#completed.length >= sequence.contextSize) {
        for (const event of this.#parser.flush()) this.#handle(event);
        return { stopReason: "maxTokens" };
      }
      target = shorter;
      edit = shiftEdit;
    }
  }

  async #read(stream: ReturnType<ContextSequence["generate"]>) {
    const { model } = this.#input.sequence;
    try {
      while (true) {
        const next = await stream.next();
        if (next.done) return next.value.reason;
        const { token } = next.value;
        if (this.#input.stopAtSpecialTokens && model.isSpecialToken(token)) return "eog" as const;
        this.#completed.push(token);
        for (const event of this.#parser.push(token, () => true)) {
          const stop = this.#handle(event);
          if (stop !== undefined) return stop;
        }
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }

  #handle(event: ParserEvent<StopTag>): StopMetadata | undefined {
    if (event.type === "text") {
      this.#builder.append(event.text, event.tokens);
      return undefined;
    }
    const remainingGenerationAfterStop = this.#parser.takeRest() || undefined;
    const { trigger, custom } = event.tag;
    if (!custom) return { stopReason: "stopGenerationTrigger", remainingGenerationAfterStop };
    const customStopTrigger = describeTrigger(trigger, this.#input.sequence.model);
    return { stopReason: "customStopTrigger", customStopTrigger, remainingGenerationAfterStop };
  }
}
