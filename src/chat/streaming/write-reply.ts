import type {
  ContextSequence,
  EvaluationReport,
  GenerateFinish,
  LanguageModel,
} from "../../engine/context-sequence.ts";
import type { StopTrigger } from "../../engine/sequence-grammar.ts";
import type { Token } from "../../engine/token.ts";
import { createInlineCallRunner, type InlineCall } from "../bot-functions/inline-call-runner.ts";
import { ResponseParser } from "../response/response-parser.ts";
import { describeTrigger, triggerSymbols } from "../response/trigger-symbols.ts";
import type { ReplyOptions, ReplySettings } from "./reply-options.ts";
import type { ReplyRecord } from "./reply-record.ts";

/**
 * Why a reply ended: the model's own end token, one of `stopTokens`, `maxNewTokens`, no room in the context,
 * or `stop()`, a reader who left, or an aborted signal.
 */
export type ReplyStopReason = "eogToken" | "stopToken" | "maxTokens" | "contextFull" | "abort";

export interface ReplyEnd {
  readonly stopReason: ReplyStopReason;
  /** The text that ended the reply and what came with it in the same token; "" without. */
  readonly stopText: string;
}

export interface WriteReplyInput {
  readonly sequence: ContextSequence;
  /** What is answered. */
  readonly target: readonly Token[];
  readonly settings: ReplySettings;
  readonly options: Pick<ReplyOptions, "functionTimeoutMs" | "onFunctionCall" | "edit" | "priority">;
  readonly signal: AbortSignal;
  readonly record: ReplyRecord;
  readonly onCall: (call: InlineCall) => void;
  /** Told what each evaluation cost: of the prompt first, then of what functions inserted. */
  readonly onEvaluated: (report: EvaluationReport) => void;
}

/** Writes a reply into a record: text piece by piece, and the results of the functions that it calls. */
export function writeReply(input: WriteReplyInput): Promise<ReplyEnd> {
  return new ReplyWriter(input).write();
}

const endTokens = new WeakMap<LanguageModel, readonly Token[]>();

/** The tokens that end a generation. */
function endTokensOf(model: LanguageModel): readonly Token[] {
  let tokens = endTokens.get(model);
  if (tokens === undefined) {
    const all = Array.from({ length: model.vocabularySize }, (_, id) => id as Token);
    tokens = all.filter((token) => model.isEogToken(token));
    endTokens.set(model, tokens);
  }
  return tokens;
}

class ReplyWriter {
  readonly #input: WriteReplyInput;
  readonly #model: LanguageModel;
  readonly #parser: ResponseParser<StopTrigger>;
  readonly #runner: ReturnType<typeof createInlineCallRunner> | undefined;
  /** Forbids the end tokens while the reply is shorter than it has to be. */
  readonly #ban = new Map<Token, number>();
  /** Tokens that count as written: generated ones, and inserted ones. */
  #count = 0;

  constructor(input: WriteReplyInput) {
    const { settings, options, signal } = input;
    this.#input = input;
    this.#model = input.sequence.model;
    const patterns = settings.stops.flatMap((tag) =>
      triggerSymbols(tag, this.#model).map((symbols) => ({ symbols, tag })),
    );
    this.#parser = new ResponseParser(patterns, this.#model, () => this.#count >= settings.minNewTokens);
    if (settings.functions.length > 0) {
      this.#runner = createInlineCallRunner(settings.functions, {
        signal,
        timeoutMs: options.functionTimeoutMs,
        onCall: (call) => {
          input.onCall(call);
          options.onFunctionCall?.(call);
        },
      });
    }
    if (settings.minNewTokens > 0) {
      for (const token of endTokensOf(this.#model)) this.#ban.set(token, Number.NEGATIVE_INFINITY);
    }
  }

  async write(): Promise<ReplyEnd> {
    try {
      for (;;) {
        const next = await this.#writeUntilResult();
        if ("stopReason" in next) return next;
        for (const text of next) {
          const end = this.#insert(text);
          if (end !== undefined) return end;
        }
      }
    } catch (error) {
      if (this.#input.signal.aborted) return this.#aborted();
      throw error;
    }
  }

  /** Generates until functions have results to go on from, or the reply has ended. */
  async #writeUntilResult(): Promise<readonly string[] | ReplyEnd> {
    const { sequence, target, settings, options, signal, record } = this.#input;
    const left = settings.maxNewTokens - this.#count;
    if (settings.maxNewTokens === 0) await sequence.preload(target, { ...options, signal });
    if (left <= 0) return { stopReason: "maxTokens", stopText: "" };
    const stream = sequence.generate([...target, ...record.tokens], {
      sampling: {
        ...settings.sampling(() => record.tokens),
        ...(this.#ban.size > 0 ? { tokenBias: this.#ban } : {}),
      },
      signal,
      maxTokens: Number.isFinite(left) ? left : undefined,
      edit: options.edit,
      priority: options.priority,
    });
    let isFirst = true;
    try {
      for (;;) {
        const next = await stream.next();
        if (isFirst && sequence.lastEvaluation !== undefined)
          this.#input.onEvaluated(sequence.lastEvaluation);
        isFirst = false;
        const outcome = next.done ? await this.#onFinish(next.value) : await this.#onToken(next.value.token);
        if (outcome !== undefined) return outcome;
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }

  async #onToken(token: Token): Promise<readonly string[] | ReplyEnd | undefined> {
    this.#count++;
    if (this.#count >= this.#input.settings.minNewTokens) this.#ban.clear();
    let delta = "";
    let end: ReplyEnd | undefined;
    for (const event of this.#parser.push(token, () => true)) {
      if (event.type === "text") delta += this.#release(event);
      else {
        const stopText = this.#textOf(event.tag) + this.#parser.takeRest();
        end = { stopReason: "stopToken", stopText };
      }
    }
    const results = await this.#runCalls(delta, end !== undefined);
    return results.length > 0 ? results : end;
  }

  async #onFinish({ reason }: GenerateFinish): Promise<readonly string[] | ReplyEnd> {
    let delta = "";
    for (const event of this.#parser.flush()) if (event.type === "text") delta += this.#release(event);
    if (reason === "abort" || this.#input.signal.aborted) return this.#aborted();
    const results = await this.#runCalls(delta, reason === "eog");
    if (reason === "eog" && results.length > 0) return results;
    const stopReason = reason === "eog" ? "eogToken" : reason === "length" ? "maxTokens" : "contextFull";
    return { stopReason, stopText: "" };
  }

  #release(event: { readonly text: string; readonly tokens: readonly Token[] }): string {
    this.#input.record.append(event.text, event.tokens);
    return event.text;
  }

  async #runCalls(delta: string, ended: boolean): Promise<readonly string[]> {
    if (this.#runner === undefined) return [];
    const results = delta === "" ? [] : await this.#runner.push(delta);
    return ended ? [...results, ...(await this.#runner.finish())] : results;
  }

  /** Puts a result behind what is written. What was withheld, because it may begin a stop text, is dropped. */
  #insert(text: string): ReplyEnd | undefined {
    const { record, settings, sequence, target } = this.#input;
    this.#count -= this.#parser.heldTokens.length;
    this.#parser.takeRest();
    const tokens = this.#model.tokenize(text, false, "trimLeadingSpace");
    // Half a result would mislead the model, and the reader.
    if (this.#count + tokens.length > settings.maxNewTokens) return { stopReason: "maxTokens", stopText: "" };
    if (target.length + record.tokens.length + tokens.length >= sequence.contextSize)
      return { stopReason: "contextFull", stopText: "" };
    this.#count += tokens.length;
    if (this.#count >= settings.minNewTokens) this.#ban.clear();
    record.append(text, tokens, true);
    return undefined;
  }

  #aborted(): ReplyEnd {
    for (const event of this.#parser.flush()) if (event.type === "text") this.#release(event);
    return { stopReason: "abort", stopText: "" };
  }

  #textOf(trigger: StopTrigger): string {
    return describeTrigger(trigger, this.#model)
      .map((part) => (typeof part === "string" ? part : this.#model.detokenize([part], true)))
      .join("");
  }
}
