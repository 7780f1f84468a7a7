import type { ChatHistoryItem, ChatModelFunctions } from "../chat-history-items.ts";
import {
  ChatWrapper,
  type ChatWrapperGenerateContextStateOptions,
  type ChatWrapperGeneratedContextState,
  type ChatWrapperGenerateInitialHistoryOptions,
} from "../chat-wrapper.ts";
import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import type { FormatDescription } from "../format-description.ts";
import { ChatModelFunctionsDocumentationGenerator } from "../functions-documentation.ts";
import { LlamaText } from "../llama-text.ts";
import { renderFormat } from "../render-format.ts";

/** A chat wrapper that renders a {@link FormatDescription}. */
export class FormatChatWrapper extends ChatWrapper {
  readonly wrapperName: string;
  override readonly settings: ChatWrapperSettings;
  readonly format: FormatDescription;

  constructor(format: FormatDescription) {
    super();
    this.format = format;
    this.wrapperName = format.name;
    this.settings = format.settings;
  }

  /** The same wrapper with parts of its format changed. */
  withFormat(changes: Partial<FormatDescription>): this {
    const format = { ...this.format, ...changes };
    const copy = Object.create(Object.getPrototypeOf(this) as object) as this;
    return Object.assign(copy, this, { format, settings: format.settings });
  }

  override generateContextState({
    chatHistory,
    availableFunctions = {},
    documentFunctionParams = true,
  }: ChatWrapperGenerateContextStateOptions): ChatWrapperGeneratedContextState {
    return renderFormat(this.format, {
      history: chatHistory,
      functions: availableFunctions,
      documentParams: documentFunctionParams,
      wrapper: this,
    });
  }

  override generateFunctionCallResult(
    functionName: string,
    functionParams: unknown,
    result: unknown,
  ): LlamaText {
    return this.format.plainStringResults === true && typeof result === "string"
      ? this.frameFunctionCallResult(functionName, functionParams, result)
      : super.generateFunctionCallResult(functionName, functionParams, result);
  }

  override generateAvailableFunctionsSystemText(
    availableFunctions: ChatModelFunctions,
    options: { documentParams?: boolean } = {},
  ): LlamaText {
    const { describe } = this.format.functions;
    if (describe === undefined)
      return super.generateAvailableFunctionsSystemText(availableFunctions, options);
    const documentation = new ChatModelFunctionsDocumentationGenerator(availableFunctions);
    return documentation.hasAnyFunctions ? describe(documentation, options, this.settings) : LlamaText();
  }

  override addAvailableFunctionsSystemMessageToHistory(
    history: readonly ChatHistoryItem[],
    availableFunctions?: ChatModelFunctions,
    options: { documentParams?: boolean } = {},
  ): readonly ChatHistoryItem[] {
    const { placement } = this.format.functions;
    if (placement === "afterSystem")
      return super.addAvailableFunctionsSystemMessageToHistory(history, availableFunctions, options);
    if (placement === "beforeLastUser") return history;
    const text = this.generateAvailableFunctionsSystemText(availableFunctions ?? {}, options);
    if (text.values.length === 0) return history;
    const [first, ...rest] = history;
    if (placement === "withinSystem" && first?.type === "system")
      return [{ type: "system", text: LlamaText(LlamaText.fromJSON(first.text), text).toJSON() }, ...rest];
    return [{ type: "system", text: text.toJSON() }, ...history];
  }

  override generateInitialChatHistory(
    options: ChatWrapperGenerateInitialHistoryOptions = {},
  ): ChatHistoryItem[] {
    const { initialSystemPrompt: fallback } = this.format;
    if (options.systemPrompt !== undefined || fallback === undefined)
      return super.generateInitialChatHistory(options);
    return fallback === null ? [] : super.generateInitialChatHistory({ systemPrompt: fallback });
  }
}
