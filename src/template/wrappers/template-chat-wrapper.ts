import { InvalidArgumentError } from "../../base/errors.ts";
import { defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { eos, type FormatDescription, none, type RoleFormat, special } from "../format-description.ts";
import {
  type ChatHistoryFunctionCallMessageTemplate,
  parseFunctionMessageTemplate,
} from "../jinja/function-message-template.ts";
import { splitAtPlaceholders } from "../jinja/parse-text-template.ts";
import {
  parseSegmentsTemplate,
  type TemplateChatWrapperSegmentsOptions,
} from "../jinja/segments-template.ts";
import { LlamaText } from "../llama-text.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

export interface TemplateChatWrapperOptions {
  /**
   * `{{systemPrompt}}` (may be left out), `{{history}}` and `{{completion}}`, in this order. The text after
   * `{{completion}}` is what ends a response, so there must be some.
   */
  template: string;
  /** One message of each role, with `{{message}}`. */
  historyTemplate: { system: string; user: string; model: string };
  /** Default: the general `||call` syntax. */
  functionCallMessageTemplate?: ChatHistoryFunctionCallMessageTemplate;
  /** Neighbouring messages of one role become one. Default `true`. */
  joinAdjacentMessagesOfTheSameType?: boolean;
  segments?: TemplateChatWrapperSegmentsOptions;
}

/**
 * A chat format written as a few text templates.
 *
 * @throws ColloquyError `invalid-argument` when a template lacks a placeholder
 * @example
 * new TemplateChatWrapper({
 *   template: "{{systemPrompt}}\n{{history}}model: {{completion}}\nuser: ",
 *   historyTemplate: { system: "system: {{message}}\n", user: "user: {{message}}\n", model: "model: {{message}}\n" },
 * })
 */
export class TemplateChatWrapper extends FormatChatWrapper {
  readonly template: string;
  readonly historyTemplate: TemplateChatWrapperOptions["historyTemplate"];
  readonly joinAdjacentMessagesOfTheSameType: boolean;

  constructor(options: TemplateChatWrapperOptions) {
    super(describeTemplate(options));
    this.template = options.template;
    this.historyTemplate = options.historyTemplate;
    this.joinAdjacentMessagesOfTheSameType = options.joinAdjacentMessagesOfTheSameType ?? true;
  }
}

function describeTemplate({
  template,
  historyTemplate,
  functionCallMessageTemplate,
  joinAdjacentMessagesOfTheSameType = true,
  segments,
}: TemplateChatWrapperOptions): FormatDescription {
  if (typeof template !== "string" || typeof historyTemplate !== "object" || historyTemplate === null)
    throw new InvalidArgumentError("A TemplateChatWrapper needs `template` and `historyTemplate`");
  const hasSystemPrompt = template.includes("{{systemPrompt}}");
  const parts = splitAtPlaceholders(template, [
    ...(hasSystemPrompt ? ["systemPrompt"] : []),
    "history",
    "completion",
  ]);
  const [start = "", beforeHistory = "", beforeCompletion = "", end = ""] = hasSystemPrompt
    ? parts
    : ["", ...parts];
  if (end === "")
    throw new InvalidArgumentError("The template needs text after {{completion}}: it ends a response");
  const system = parseRole(historyTemplate.system);
  return {
    name: "Template",
    settings: {
      ...defaultChatWrapperSettings,
      functions:
        functionCallMessageTemplate === undefined
          ? defaultChatWrapperSettings.functions
          : parseFunctionMessageTemplate(functionCallMessageTemplate),
      segments: parseSegmentsTemplate(segments),
    },
    start: special(hasSystemPrompt ? start : beforeHistory),
    system: hasSystemPrompt ? { ...system, firstPrefix: none, firstSuffix: special(beforeHistory) } : system,
    // Without a system message at the start, the text around it is still there.
    startWithoutSystem: hasSystemPrompt ? special(beforeHistory) : undefined,
    user: parseRole(historyTemplate.user),
    model: { ...parseRole(historyTemplate.model), openPrefix: special(beforeCompletion) },
    joined: joinAdjacentMessagesOfTheSameType ? ["system", "user", "model"] : [],
    functions: { placement: "afterSystem" },
    stop: [eos, LlamaText(end), special(end)],
  };
}

function parseRole(template: string): RoleFormat {
  if (typeof template !== "string")
    throw new InvalidArgumentError("`historyTemplate` needs a template for system, user and model");
  const [prefix = "", suffix = ""] = splitAtPlaceholders(template, ["message"]);
  return { prefix: special(prefix), suffix: special(suffix) };
}
