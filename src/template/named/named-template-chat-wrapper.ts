import { ColloquyError } from "../../base/errors.ts";
import type { ChatHistoryItem } from "../chat-history-items.ts";
import {
  ChatWrapper,
  type ChatWrapperGenerateContextStateOptions,
  type ChatWrapperGeneratedContextState,
  type ChatWrapperGenerateInitialHistoryOptions,
} from "../chat-wrapper.ts";
import { type ChatWrapperSettings, defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { bos, eos, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";
import { type ChatTemplate, templateRole } from "./chat-template.ts";
import { ChatTemplates, isChatTemplateName } from "./chat-templates.ts";
import { renderTemplateMessages, type TemplateMessage } from "./render-template.ts";

const bosTexts = ["<s>", "<|begin_of_text|>", "<bos>"];

/**
 * Renders chats with a template by name, or with one that was read by `parseChatTemplate`.
 * System messages become part of the next user message when the template has no place for them.
 *
 * @throws ColloquyError `template-unknown` when there is no template of that name
 * @example new NamedTemplateChatWrapper("vicuna-v1")
 */
export class NamedTemplateChatWrapper extends ChatWrapper {
  readonly wrapperName: string;
  override readonly settings: ChatWrapperSettings;
  readonly template: ChatTemplate;

  constructor(template: string | ChatTemplate) {
    super();
    if (typeof template === "string" && !isChatTemplateName(template))
      throw new ColloquyError("template-unknown", `There is no chat template named "${template}"`, {
        hint: `known: ${Object.keys(ChatTemplates).join(", ")}`,
      });
    this.wrapperName = typeof template === "string" ? template : "ChatTemplate";
    this.template =
      typeof template === "string" ? ChatTemplates[template as keyof typeof ChatTemplates] : template;
    this.settings = {
      ...defaultChatWrapperSettings,
      supportsSystemMessages: this.template.system !== undefined,
      functions: functionSettings(this.template),
    };
  }

  /** Texts that end a response, as special and as plain text. */
  get stopTexts(): LlamaText[] {
    const { stop } = this.template;
    return stop === undefined ? [eos] : [eos, ...stop.flatMap((text) => [special(text), LlamaText(text)])];
  }

  override generateContextState({
    chatHistory,
    availableFunctions,
    documentFunctionParams,
  }: ChatWrapperGenerateContextStateOptions): ChatWrapperGeneratedContextState {
    const history = this.addAvailableFunctionsSystemMessageToHistory(chatHistory, availableFunctions, {
      documentParams: documentFunctionParams,
    });
    const messages = this.#toMessages(history);
    if (messages.at(-1)?.role !== "bot") messages.push({ role: "bot", text: "" });
    const texts = renderTemplateMessages(this.template, messages, { open: true });
    const start = bosTexts.some((text) => texts[0]?.toString().startsWith(text)) ? "" : bos;
    return { contextText: LlamaText(start, texts), stopGenerationTriggers: this.stopTexts };
  }

  override generateInitialChatHistory(
    options: ChatWrapperGenerateInitialHistoryOptions = {},
  ): ChatHistoryItem[] {
    const systemPrompt = options.systemPrompt ?? this.template.system_prompt;
    return systemPrompt === undefined ? [] : super.generateInitialChatHistory({ systemPrompt });
  }

  #toMessages(history: readonly ChatHistoryItem[]): TemplateMessage[] {
    const messages: TemplateMessage[] = [];
    let folded: LlamaText = LlamaText();
    for (const item of history) {
      if (item.type === "system") {
        const text = LlamaText.fromJSON(item.text);
        if (text.values.length === 0) continue;
        if (this.template.system !== undefined) messages.push({ role: "system", text });
        else folded = LlamaText(folded, text, "\n\n");
      } else if (item.type === "user") {
        messages.push({ role: "user", text: LlamaText(folded, item.text) });
        folded = LlamaText();
      } else messages.push({ role: "bot", text: this.generateModelResponseText(item.response) });
    }
    if (folded.values.length > 0) messages.push({ role: "user", text: folded.trimEnd() });
    return messages;
  }
}

/** Calls as the template's `tool_call` expects them, when it is a text around one group. */
function functionSettings(template: ChatTemplate): ChatWrapperSettings["functions"] {
  const [before, after] = template.tool_call?.split("(.*?)") ?? [];
  const response = templateRole(template, "tool_response");
  if (before === undefined || after === undefined || response === undefined)
    return defaultChatWrapperSettings.functions;
  const unescapePattern = (pattern: string) => pattern.replace(/\\(.)/g, "$1");
  return {
    call: {
      optionalPrefixSpace: true,
      prefix: LlamaText(special(unescapePattern(before)), '{"name": "'),
      paramsPrefix: '", "arguments": ',
      suffix: LlamaText("}", special(unescapePattern(after))),
      emptyCallParamsPlaceholder: {},
    },
    result: { prefix: special(response.prefix), suffix: special(response.suffix) },
  };
}
