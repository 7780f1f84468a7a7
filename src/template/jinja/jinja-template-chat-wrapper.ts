import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { Tokenizer } from "../../engine/token.ts";
import {
  type ChatHistoryItem,
  type ChatModelFunctions,
  isChatModelResponseSegment,
} from "../chat-history-items.ts";
import {
  ChatWrapper,
  type ChatWrapperGenerateContextStateOptions,
  type ChatWrapperGeneratedContextState,
} from "../chat-wrapper.ts";
import { type ChatWrapperSettings, segmentTags } from "../chat-wrapper-settings.ts";
import { bos, eos, eot, special } from "../format-description.ts";
import { ChatModelFunctionsDocumentationGenerator } from "../functions-documentation.ts";
import { jsonDumps } from "../json-dumps.ts";
import { LlamaText, SpecialToken, SpecialTokensText } from "../llama-text.ts";
import { withoutThoughts } from "../render-format.ts";
import { ContentPlaceholders } from "./content-placeholders.ts";
import {
  type ChatHistoryFunctionCallMessageTemplate,
  parseFunctionMessageTemplate,
} from "./function-message-template.ts";
import { JinjaTemplate } from "./jinja-template.ts";
import { parseSegmentsTemplate, type TemplateChatWrapperSegmentsOptions } from "./segments-template.ts";
import {
  fallbackFunctions,
  type JinjaMessage,
  type JinjaRoleNames,
  type ProbedFunctions,
  probeFunctions,
  probeResponseEnd,
  probeSegments,
  probeSystemSupport,
  probeTemplateSystemPrompt,
} from "./template-probes.ts";

/** How system messages are written when they become part of a user message; `format` holds `{{message}}`. */
export interface JinjaTemplateChatWrapperOptionsConvertMessageFormat {
  /** Default `"ifNeeded"`: only when the template takes no system messages. */
  use?: "always" | "ifNeeded";
  format: string;
}

/** How a vocabulary writes its first and last token: `null` not at all, `undefined` not known. */
export interface TokenTexts {
  readonly bos?: string | null;
  readonly eos?: string | null;
  /** The vocabulary's own tokenizer begins with the BOS token. Default `false`. */
  readonly prependsBos?: boolean;
}

export interface JinjaTemplateChatWrapperOptions {
  template: string;
  /** Ask the model to think, where the template lets one choose. Default `true`. */
  reasoning?: boolean;
  /** Default `"assistant"`. */
  modelRoleName?: string;
  /** Default `"user"`. */
  userRoleName?: string;
  /** Default `"system"`. */
  systemRoleName?: string;
  /** Default `"auto"`: when the template takes no system messages they become part of the next user message. */
  convertUnsupportedSystemMessagesToUserMessages?:
    | "auto"
    | boolean
    | JinjaTemplateChatWrapperOptionsConvertMessageFormat;
  /** Default `"auto"`: as the template writes calls, if it does. `"noJinja"`: the general syntax. */
  functionCallMessageTemplate?: "auto" | "noJinja" | ChatHistoryFunctionCallMessageTemplate;
  /** Neighbouring messages of one role become one. Default `true`: many templates demand that roles alternate. */
  joinAdjacentMessagesOfTheSameType?: boolean;
  /** Responses are rendered without white space at their start. Default `true`. */
  trimLeadingWhitespaceInResponses?: boolean;
  /** More variables for the template. */
  additionalRenderParameters?: Record<string, unknown>;
  /** Default: found in the template. */
  segments?: TemplateChatWrapperSegmentsOptions;
  /** Thoughts of earlier responses are left out. Default `true`. */
  keepOnlyLastThought?: boolean;
  tokenizer?: Tokenizer;
  /** The texts of the vocabulary's tokens, for templates that write them. Default: the tokens by name. */
  tokenTexts?: TokenTexts;
}

const defaultSystemFormat = "### System message\n\n{{message}}\n\n----";

/**
 * Renders chats with the Jinja template that a model brings.
 * Special tokens count only where the template writes them, never in the text of a message.
 *
 * @throws ColloquyError `template-invalid` when the template cannot be parsed, refuses a chat, or takes too long
 * @example new JinjaTemplateChatWrapper({template: model.metadata["tokenizer.chat_template"]})
 */
export class JinjaTemplateChatWrapper extends ChatWrapper {
  readonly wrapperName = "JinjaTemplate";
  override readonly settings: ChatWrapperSettings;
  readonly template: string;
  readonly reasoning: boolean;
  readonly modelRoleName: string;
  readonly userRoleName: string;
  readonly systemRoleName: string;
  readonly keepOnlyLastThought: boolean;
  readonly joinAdjacentMessagesOfTheSameType: boolean;
  readonly trimLeadingWhitespaceInResponses: boolean;
  readonly additionalRenderParameters: Record<string, unknown> | undefined;
  /** How system messages are folded into user messages; `undefined` when they are not. */
  readonly systemFormat: string | undefined;
  /** The system prompt that the template itself writes when a chat has none. */
  readonly templateSystemPrompt: string | undefined;
  readonly #template: JinjaTemplate;
  readonly #probed: ProbedFunctions | undefined;
  readonly #responseEnd: string;
  readonly #tokenTexts: TokenTexts;

  constructor(options: JinjaTemplateChatWrapperOptions) {
    super();
    this.template = options.template;
    this.reasoning = options.reasoning ?? true;
    this.modelRoleName = options.modelRoleName ?? "assistant";
    this.userRoleName = options.userRoleName ?? "user";
    this.systemRoleName = options.systemRoleName ?? "system";
    this.keepOnlyLastThought = options.keepOnlyLastThought ?? true;
    this.joinAdjacentMessagesOfTheSameType = options.joinAdjacentMessagesOfTheSameType ?? true;
    this.trimLeadingWhitespaceInResponses = options.trimLeadingWhitespaceInResponses ?? true;
    this.additionalRenderParameters = options.additionalRenderParameters;
    this.#tokenTexts = options.tokenTexts ?? {};
    this.#template = new JinjaTemplate(options.template);
    const roles: JinjaRoleNames = {
      system: this.systemRoleName,
      user: this.userRoleName,
      model: this.modelRoleName,
    };
    const render = (messages: readonly JinjaMessage[], { tools, generate = true }: ProbeOptions = {}) =>
      this.#renderJinja(messages, tools, generate, { bos: "ZqBosKw", eos: "ZqEosKw" });
    const supportsSystemMessages = probeSystemSupport(render, roles);
    this.systemFormat = resolveSystemFormat(
      options.convertUnsupportedSystemMessagesToUserMessages ?? "auto",
      supportsSystemMessages,
    );
    this.templateSystemPrompt = probeTemplateSystemPrompt(render, roles);
    this.#responseEnd = probeResponseEnd(render, roles);
    const functions = options.functionCallMessageTemplate ?? "auto";
    this.#probed = functions === "auto" ? probeFunctions(render, roles, this.#responseEnd) : undefined;
    this.settings = {
      supportsSystemMessages,
      functions:
        typeof functions === "object"
          ? parseFunctionMessageTemplate(functions)
          : (this.#probed?.settings ?? fallbackFunctions),
      segments:
        options.segments === undefined
          ? probeSegments(options.template, render, roles)
          : parseSegmentsTemplate(options.segments),
    };
  }

  /** Whether calls are written as the template writes them. */
  get usingJinjaFunctionCallTemplate(): boolean {
    return this.#probed !== undefined;
  }

  override generateContextState({
    chatHistory,
    availableFunctions = {},
    documentFunctionParams = true,
  }: ChatWrapperGenerateContextStateOptions): ChatWrapperGeneratedContextState {
    const history = this.addAvailableFunctionsSystemMessageToHistory(chatHistory, availableFunctions, {
      documentParams: documentFunctionParams,
    });
    const last = history.at(-1);
    const open = last?.type === "model" ? last.response : [];
    const closed = last?.type === "model" ? history.slice(0, -1) : history;
    const placeholders = new ContentPlaceholders();
    const messages = this.#toMessages(closed, placeholders);
    const documentation = new ChatModelFunctionsDocumentationGenerator(availableFunctions);
    const tools =
      this.#probed !== undefined && documentation.hasAnyFunctions
        ? (placeholders.protectJson(
            documentation.toJinjaTools({ documentParams: documentFunctionParams }),
          ) as object[])
        : undefined;
    const tokens = { bos: placeholders.protectValue(bos), eos: placeholders.protectValue(eos) };
    const rendered = placeholders.restore(this.#renderJinja(messages, tools, true, tokens));
    return {
      contextText: LlamaText(this.#withStart(rendered), this.#openResponse(open)),
      stopGenerationTriggers: [
        eos,
        eot,
        ...(this.#responseEnd === "" ? [] : [special(this.#responseEnd), LlamaText(this.#responseEnd)]),
      ],
    };
  }

  override addAvailableFunctionsSystemMessageToHistory(
    history: readonly ChatHistoryItem[],
    availableFunctions?: ChatModelFunctions,
    options: { documentParams?: boolean } = {},
  ): readonly ChatHistoryItem[] {
    if (this.#probed !== undefined) return history;
    return super.addAvailableFunctionsSystemMessageToHistory(history, availableFunctions, options);
  }

  override generateFunctionCallResult(
    functionName: string,
    functionParams: unknown,
    result: unknown,
  ): LlamaText {
    if (this.#probed?.stringifiesResults !== true || result === undefined)
      return super.generateFunctionCallResult(functionName, functionParams, result);
    const text = typeof result === "string" ? result : jsonDumps(result);
    return this.frameFunctionCallResult(functionName, functionParams, JSON.stringify(text).slice(1, -1));
  }

  /** The part of the response that is there already; a thought that the template opened is closed before text. */
  #openResponse(response: Extract<ChatHistoryItem, { type: "model" }>["response"]): LlamaText {
    const text = this.generateModelResponseText(response);
    const prefix = this.settings.segments?.thought?.prefix;
    const isOpened = typeof prefix === "object" && "type" in prefix && prefix.type === "openedOnStart";
    if (!isOpened || text.values.length === 0 || isChatModelResponseSegment(response[0])) return text;
    return LlamaText(segmentTags(this.settings, "thought")?.suffix, text);
  }

  /** A vocabulary that wants a BOS token gets one, also when the template leaves it to the tokenizer. */
  #withStart(text: LlamaText): LlamaText {
    const { bos: bosText, prependsBos = false } = this.#tokenTexts;
    const [first, ...rest] = text.values;
    if (first instanceof SpecialToken && first.value === "BOS") return text;
    if (!bosText || !(first instanceof SpecialTokensText) || !first.value.startsWith(bosText))
      return LlamaText(bos, text);
    // Written by the template and wanted by the vocabulary: the same token as the built-in formats have.
    return prependsBos ? LlamaText(bos, special(first.value.slice(bosText.length)), rest) : text;
  }

  #toMessages(history: readonly ChatHistoryItem[], placeholders: ContentPlaceholders): JinjaMessage[] {
    const messages: { role: string; text: LlamaText }[] = [];
    let folded = LlamaText();
    const add = (role: string, text: LlamaText) => {
      const last = messages.at(-1);
      if (this.joinAdjacentMessagesOfTheSameType && last?.role === role)
        last.text = LlamaText(last.text, "\n\n", text);
      else messages.push({ role, text });
    };
    for (const item of history) {
      if (item.type === "system" && this.systemFormat !== undefined) {
        const text = LlamaText.joinValues(
          LlamaText.fromJSON(item.text),
          this.systemFormat.split("{{message}}"),
        );
        folded = folded.values.length === 0 ? text : LlamaText(folded, "\n\n", text);
      } else if (item.type === "system") add(this.systemRoleName, LlamaText.fromJSON(item.text));
      else if (item.type === "user") {
        add(
          this.userRoleName,
          folded.values.length === 0 ? LlamaText(item.text) : LlamaText(folded, "\n\n", item.text),
        );
        folded = LlamaText();
      } else {
        const response = this.keepOnlyLastThought ? withoutThoughts(item.response) : item.response;
        const text = this.generateModelResponseText(response);
        add(this.modelRoleName, this.trimLeadingWhitespaceInResponses ? text.trimStart() : text);
      }
    }
    if (folded.values.length > 0) add(this.userRoleName, folded);
    return messages.map(({ role, text }) => ({ role, content: placeholders.protect(text) }));
  }

  #renderJinja(
    messages: readonly JinjaMessage[],
    tools: readonly object[] | undefined,
    generate: boolean,
    tokens: { readonly bos: string; readonly eos: string },
  ): string {
    // `null` is a vocabulary without the token; a token whose text is not known gets a stand-in.
    const text = (name: "bos" | "eos") =>
      this.#tokenTexts[name] === null ? "" : (this.#tokenTexts[name] ?? tokens[name]);
    const context = {
      bos_token: text("bos"),
      eos_token: text("eos"),
      enable_thinking: this.reasoning,
      thinking: this.reasoning,
      // As in Python, where these are always there and `None` without a value.
      documents: null,
      tools: tools ?? null,
      ...this.additionalRenderParameters,
      messages,
      add_generation_prompt: generate,
    };
    try {
      return this.#template.render(context);
    } catch (error) {
      // Templates that are made for tools count them without asking whether there are any.
      if (tools !== undefined || !isTemplateError(error)) throw error;
      return this.#renderWithoutTools(context, error);
    }
  }

  #renderWithoutTools(context: Record<string, unknown>, firstError: ColloquyError): string {
    try {
      return this.#template.render({ ...context, tools: [] });
    } catch {
      throw firstError;
    }
  }
}

interface ProbeOptions {
  tools?: readonly object[];
  generate?: boolean;
}

function resolveSystemFormat(
  option: NonNullable<JinjaTemplateChatWrapperOptions["convertUnsupportedSystemMessagesToUserMessages"]>,
  isSupported: boolean,
): string | undefined {
  const { use = "ifNeeded", format } =
    typeof option === "object"
      ? option
      : { use: option === true ? ("always" as const) : ("ifNeeded" as const), format: defaultSystemFormat };
  if (!format.includes("{{message}}"))
    throw new InvalidArgumentError('The format of converted system messages must hold "{{message}}"');
  if (option === false) return undefined;
  return use === "always" || !isSupported ? format : undefined;
}

/** Whether an error is a template's refusal. */
export function isTemplateError(error: unknown): error is ColloquyError {
  return error instanceof ColloquyError && error.code === "template-invalid";
}
