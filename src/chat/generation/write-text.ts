import type { Token } from "../../engine/token.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { ChatModelSegmentType } from "../../template/chat-history-items.ts";
import { segmentTags } from "../../template/chat-wrapper-settings.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { EitherMatcher } from "../functions/either-matcher.ts";
import { type ReplyTag, replyPatterns } from "../response/reply-patterns.ts";
import { type ParserEvent, ResponseParser } from "../response/response-parser.ts";
import { describeTrigger } from "../response/trigger-symbols.ts";
import type { SegmentBudgets } from "./budgets.ts";
import type { StopMetadata } from "./options.ts";
import type { ReplyState } from "./reply-state.ts";

/** What comes after a stretch of text. */
export type TextEnd =
  | { readonly type: "done"; readonly metadata: StopMetadata }
  | { readonly type: "call"; readonly wasInText?: boolean }
  | { readonly type: "rerender" };

/** Writes the text and the segments of a response, up to its end or to where something else begins. */
export class TextWriter {
  readonly #state: ReplyState;
  readonly #budgets: SegmentBudgets;
  readonly #grammar: GrammarMatcher | undefined;
  readonly #parser: ResponseParser<ReplyTag>;
  /** After a thought was closed by its budget, a closing tag that the model still writes is dropped. */
  #strayClose: ChatModelSegmentType | undefined;

  constructor(state: ReplyState, budgets: SegmentBudgets, grammar: GrammarMatcher | undefined) {
    const { options, wrapper, sequence } = state;
    this.#state = state;
    this.#budgets = budgets;
    this.#grammar = grammar;
    const patterns = replyPatterns(
      {
        settings: wrapper.settings,
        context: state.rendered.state,
        grammarStopTriggers: options.grammar?.stopGenerationTriggers,
        customStopTriggers: options.customStopTriggers,
        hasFunctions: Object.keys(options.functions ?? {}).length > 0,
      },
      sequence.model,
    );
    this.#parser = new ResponseParser(patterns, sequence.model, (tag) => this.#isActive(tag));
  }

  /** @param start tokens that were generated already, and why generating ended with them, if it did */
  async write(start: { tokens: readonly Token[]; finish?: string }): Promise<TextEnd> {
    for (const token of start.tokens) {
      const end = this.#onToken(token);
      if (end !== undefined) return end;
    }
    if (start.finish !== undefined) return this.#onFinish(start.finish);
    while (true) {
      if (this.#closeSpentSegment() === "rerender") return { type: "rerender" };
      const end = await this.#writeUntilBudget();
      if (end !== undefined) return end;
    }
  }

  /** Generates until something ends the text; `undefined` when it was a segment's budget. */
  async #writeUntilBudget(): Promise<TextEnd | undefined> {
    const tokens = this.#state.generate(this.#grammar);
    try {
      while (true) {
        const next = await tokens.next();
        if (next.done) return this.#onFinish(next.value);
        const end = this.#onToken(next.value);
        if (end !== undefined) return end;
        if (this.#isSpent(this.#state.builder.openSegment)) return undefined;
      }
    } finally {
      await tokens.return("abort");
    }
  }

  #onFinish(reason: string): TextEnd {
    for (const event of this.#parser.flush()) this.#handle(event);
    const stopReason = reason === "eog" ? "eogToken" : reason === "abort" ? "abort" : "maxTokens";
    return { type: "done", metadata: { stopReason } };
  }

  #onToken(token: Token): TextEnd | undefined {
    let end: TextEnd | undefined;
    for (const event of this.#parser.push(token, endsText)) end = this.#handle(event) ?? end;
    return end;
  }

  #handle(event: ParserEvent<ReplyTag>): TextEnd | undefined {
    const { builder } = this.#state;
    if (event.type === "text") {
      if (event.text.trim() !== "") this.#strayClose = undefined;
      builder.append(event.text, event.tokens);
      return undefined;
    }
    const { tag } = event;
    switch (tag.kind) {
      case "open":
        if (this.#state.options.abortOnNonText === true) {
          return { type: "done", metadata: { stopReason: "eogToken" } };
        }
        builder.open(tag.segmentType);
        return undefined;
      case "close":
        if (builder.isOpen(tag.segmentType)) builder.close(tag.segmentType);
        this.#strayClose = undefined;
        return undefined;
      case "closeAll":
        builder.closeAll();
        return undefined;
      case "call":
        this.#parser.takeRest();
        return { type: "call", wasInText: true };
      case "rerender":
        return this.#rerender();
      default:
        return this.#stop(tag);
    }
  }

  /** Ends what is being written: a segment, or the answer and with it the response. */
  #rerender(): TextEnd {
    const rest = this.#parser.takeRest();
    const { builder, rendered } = this.#state;
    const closes = rendered.state.rerender?.action === "closeResponseItem";
    const open = builder.openSegment;
    if (closes && open !== undefined) builder.close(open);
    else if (closes && typeof this.#state.items.at(-1) === "string") {
      return {
        type: "done",
        metadata: {
          stopReason: "stopGenerationTrigger",
          remainingGenerationAfterStop: rest === "" ? undefined : rest,
        },
      };
    }
    return { type: "rerender" };
  }

  #stop(tag: Extract<ReplyTag, { kind: "stop" | "customStop" }>): TextEnd {
    const rest = this.#parser.takeRest();
    const remainingGenerationAfterStop = rest === "" ? undefined : rest;
    if (tag.kind === "stop") {
      const metadata = { stopReason: "stopGenerationTrigger" as const, remainingGenerationAfterStop };
      return { type: "done", metadata };
    }
    const customStopTrigger = describeTrigger(tag.trigger, this.#state.sequence.model);
    return {
      type: "done",
      metadata: { stopReason: "customStopTrigger", customStopTrigger, remainingGenerationAfterStop },
    };
  }

  #isActive(tag: ReplyTag): boolean {
    const { builder } = this.#state;
    switch (tag.kind) {
      case "open":
        return this.#grammar === undefined && !builder.isOpen(tag.segmentType);
      case "close":
        return builder.isOpen(tag.segmentType) || this.#strayClose === tag.segmentType;
      case "closeAll":
        return builder.openSegment !== undefined;
      case "call":
        // Within an answer that a grammar holds, the same text is a part of the answer.
        return !(this.#grammar instanceof EitherMatcher) || this.#grammar.fitsSecond;
      default:
        return true;
    }
  }

  #isSpent(segment: ChatModelSegmentType | undefined): segment is ChatModelSegmentType {
    return segment !== undefined && this.#state.builder.segmentTokens[segment] >= this.#budgets[segment];
  }

  /** Ends the open segment when its budget is used up, or when a grammar asks for the answer itself. */
  #closeSpentSegment(): "rerender" | undefined {
    const { builder, reply, wrapper } = this.#state;
    const segment = builder.openSegment;
    if (segment === undefined) return undefined;
    if (this.#grammar === undefined && !this.#isSpent(segment)) return undefined;
    // What is withheld may be the beginning of the closing tag: the engine writes the whole tag instead.
    reply.length -= Math.min(reply.length, this.#parser.heldTokens.length);
    this.#parser.takeRest();
    const suffix =
      segmentTags(wrapper.settings, segment)?.suffix ?? wrapper.settings.segments?.closeAllSegments;
    builder.close(segment);
    if (suffix === undefined) return "rerender";
    this.#state.insert(LlamaText(suffix));
    this.#strayClose = segment;
    return undefined;
  }
}

function endsText({ kind }: ReplyTag): boolean {
  return kind === "stop" || kind === "customStop" || kind === "call" || kind === "rerender";
}
