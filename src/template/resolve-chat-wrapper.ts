import { InvalidArgumentError } from "../base/errors.ts";
import type { LanguageModel } from "../engine/context-sequence.ts";
import type { Tokenizer } from "../engine/token.ts";
import type { ChatWrapper } from "./chat-wrapper.ts";
import {
  type BuiltInChatWrapperType,
  type CustomChatWrapperSettings,
  chatWrappers,
  type ResolvableChatWrapperTypeName,
  resolvableChatWrapperTypeNames,
} from "./chat-wrappers.ts";
import {
  isTemplateError,
  JinjaTemplateChatWrapper,
  type TokenTexts,
} from "./jinja/jinja-template-chat-wrapper.ts";
import { findEquivalentFormat } from "./match-template.ts";
import { type WrapperCandidate, wrapperCandidates } from "./wrapper-candidates.ts";

export interface ResolveChatWrapperWithModelOptions {
  /** Default `"auto"`. */
  type?: ResolvableChatWrapperTypeName;
  /** Options for the wrapper that is chosen, by type name. */
  customWrapperSettings?: CustomChatWrapperSettings;
  /** Accepted for compatibility; nothing is logged. @see explainChatWrapper */
  warningLogs?: boolean;
  /** Go on to the other rules when the model's own template cannot be used. Default `true`. */
  fallbackToOtherWrappersOnJinjaError?: boolean;
  /** Never render with the model's own template; formats are still recognised by it. Default `false`. */
  noJinja?: boolean;
}

/** What is known of a model, for choosing without the model itself. */
export interface ResolveChatWrapperOptions extends ResolveChatWrapperWithModelOptions {
  bosString?: string | null;
  eosString?: string | null;
  architecture?: string;
  filename?: string;
  /** `metadata` flat (`"tokenizer.chat_template"`) or nested (`tokenizer: {chat_template}`). */
  fileInfo?: { readonly metadata?: object };
  tokenizer?: Tokenizer;
}

export type ResolveChatWrapperModel = Pick<LanguageModel, "tokenizer" | "tokens" | "metadata" | "filename">;

/** A chat wrapper and why it was chosen. */
export interface ChatWrapperChoice {
  readonly wrapper: ChatWrapper;
  /**
   * - `"type"`: it was asked for
   * - `"template"`: the model's own template, or a built-in format that renders exactly like it
   * - `"fingerprint"`: texts that are typical for a format occur in the template
   * - `"architecture"`: the model's architecture, or special tokens of its vocabulary
   * - `"name"`: the name of the model or of its file
   * - `"fallback"`: nothing was recognised
   */
  readonly reason: "type" | "template" | "fingerprint" | "architecture" | "name" | "fallback";
  /** What the rule found. */
  readonly detail: string;
}

/** What the rules look at. */
interface ModelFacts {
  readonly template: string | undefined;
  readonly architecture: string | undefined;
  readonly names: readonly string[];
  readonly tokenizer: Tokenizer | undefined;
  readonly tokenTexts: TokenTexts;
}

/**
 * Chooses the chat wrapper for a model: its own template first (as data, when a built-in format renders the same),
 * then texts typical for a format in the template, then architecture and special tokens, then the name.
 *
 * @returns with a model always a wrapper; with plain options `null` when nothing is recognised
 * @throws ColloquyError `invalid-argument` for an unknown `type`; `template-invalid` when the model's template cannot
 * be used and `fallbackToOtherWrappersOnJinjaError` is `false`
 * @example const chatWrapper = resolveChatWrapper(model);
 */
export function resolveChatWrapper(
  model: ResolveChatWrapperModel,
  options?: ResolveChatWrapperWithModelOptions,
): BuiltInChatWrapperType;
export function resolveChatWrapper(options: ResolveChatWrapperOptions): BuiltInChatWrapperType | null;
export function resolveChatWrapper(
  modelOrOptions: ResolveChatWrapperModel | ResolveChatWrapperOptions,
  options?: ResolveChatWrapperWithModelOptions,
): BuiltInChatWrapperType | null {
  const choice = explainChatWrapper(modelOrOptions, options);
  if (choice.reason === "fallback" && !isModel(modelOrOptions)) return null;
  return choice.wrapper as BuiltInChatWrapperType;
}

/**
 * Like {@link resolveChatWrapper}, and tells which rule fired.
 * @example explainChatWrapper(model) // {wrapper: ChatMLChatWrapper, reason: "template", detail: "renders like chatML"}
 */
export function explainChatWrapper(
  modelOrOptions: ResolveChatWrapperModel | ResolveChatWrapperOptions,
  options: ResolveChatWrapperWithModelOptions = isModel(modelOrOptions) ? {} : modelOrOptions,
): ChatWrapperChoice {
  const facts = isModel(modelOrOptions) ? factsOfModel(modelOrOptions) : factsOfOptions(modelOrOptions);
  const { type = "auto" } = options;
  if (!(resolvableChatWrapperTypeNames as readonly string[]).includes(type))
    throw new InvalidArgumentError(`Unknown chat wrapper type ${JSON.stringify(type)}`, {
      hint: `known: ${resolvableChatWrapperTypeNames.join(", ")}`,
    });
  if (type !== "auto")
    return { wrapper: createWrapper(type, {}, options, facts), reason: "type", detail: `type: "${type}"` };
  return (
    chooseByTemplate(facts, options) ??
    chooseByTable(facts, options) ?? {
      wrapper: createWrapper("general", {}, options, facts),
      reason: "fallback",
      detail: "nothing was recognised",
    }
  );
}

function isModel(value: object): value is ResolveChatWrapperModel {
  return "tokenizer" in value && "tokens" in value && "metadata" in value;
}

function factsOfModel({ metadata, tokenizer, tokens, filename }: ResolveChatWrapperModel): ModelFacts {
  return {
    template: textOf(metadata["tokenizer.chat_template"]),
    architecture: textOf(metadata["general.architecture"]),
    names: [metadata["general.name"], metadata["general.basename"], filename].flatMap(
      (name) => textOf(name) ?? [],
    ),
    tokenizer,
    tokenTexts: { bos: tokens.bosString, eos: tokens.eosString, prependsBos: tokens.shouldPrependBosToken },
  };
}

function factsOfOptions(options: ResolveChatWrapperOptions): ModelFacts {
  const { bosString, eosString, architecture, filename, fileInfo, tokenizer } = options;
  const metadata = (key: string) => textOf(lookUp(fileInfo?.metadata, key));
  return {
    template: metadata("tokenizer.chat_template"),
    architecture: architecture ?? metadata("general.architecture"),
    names: [metadata("general.name"), metadata("general.basename"), filename].flatMap((name) => name ?? []),
    tokenizer,
    tokenTexts: { bos: bosString, eos: eosString, prependsBos: true },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function lookUp(metadata: object | undefined, key: string): unknown {
  if (metadata === undefined) return undefined;
  if (key in metadata) return metadata[key as keyof typeof metadata];
  return key.split(".").reduce<unknown>((value, part) => {
    return typeof value === "object" && value !== null ? value[part as keyof typeof value] : undefined;
  }, metadata);
}

type WrapperType = keyof typeof chatWrappers;

function createWrapper(
  type: WrapperType,
  settings: Record<string, unknown>,
  { customWrapperSettings }: ResolveChatWrapperWithModelOptions,
  facts: ModelFacts,
): ChatWrapper {
  const merged = { ...settings, ...customWrapperSettings?.[type] };
  if (type === "jinjaTemplate") {
    return new JinjaTemplateChatWrapper({
      template: facts.template ?? "",
      tokenizer: facts.tokenizer,
      tokenTexts: facts.tokenTexts,
      ...merged,
    });
  }
  // Each class takes its own options; the table and the caller's types name them.
  const Wrapper = chatWrappers[type] as new (options: object) => ChatWrapper;
  return new Wrapper(merged);
}

function chooseByTemplate(
  facts: ModelFacts,
  options: ResolveChatWrapperWithModelOptions,
): ChatWrapperChoice | undefined {
  const { template, tokenTexts } = facts;
  if (template === undefined) return undefined;
  // The caller's options are for the wrapper in use: with them, no format would render like the template.
  const create = (type: WrapperType, settings: Record<string, unknown>, purpose: "compare" | "use") =>
    createWrapper(type, settings, purpose === "use" ? options : {}, facts);
  try {
    const candidates = candidatesOf(template, facts.names);
    const match = findEquivalentFormat(template, candidates, tokenTexts, create);
    if (match !== undefined)
      return { wrapper: match.wrapper, reason: "template", detail: `renders like ${match.type}` };
    if (options.noJinja === true || candidates[0]?.isCertainByTexts === true) return undefined;
    const wrapper = create("jinjaTemplate", {}, "use");
    // A template that fails on the plainest chat, for what it needs of Python, is of no use.
    wrapper.generateContextState({ chatHistory: [{ type: "user", text: "Hi" }] });
    return { wrapper, reason: "template", detail: "rendered by the template itself" };
  } catch (error) {
    if (!isTemplateError(error) || options.fallbackToOtherWrappersOnJinjaError === false) throw error;
    return undefined;
  }
}

/** Formats whose texts occur in the template. One that is bound to a name is left out for other models. */
function candidatesOf(template: string, names: readonly string[]): WrapperCandidate[] {
  const isNamed = ({ names: pattern }: WrapperCandidate) =>
    pattern !== undefined && matchName(pattern, names) !== undefined;
  return wrapperCandidates.filter(
    (candidate) =>
      candidate.templateTexts.every((text) => template.includes(text)) &&
      (candidate.type !== "llama3.2-lightweight" || isNamed(candidate)),
  );
}

function matchName(pattern: RegExp, names: readonly string[]): string | undefined {
  return names.find((name) => pattern.test(name.toLowerCase().replaceAll(/[\s_]+/g, "-")));
}

function chooseByTable(
  facts: ModelFacts,
  options: ResolveChatWrapperWithModelOptions,
): ChatWrapperChoice | undefined {
  const { template, tokenizer, architecture, names } = facts;
  const choose = (
    candidate: WrapperCandidate | undefined,
    reason: ChatWrapperChoice["reason"],
    detail: (candidate: WrapperCandidate) => string,
  ): ChatWrapperChoice | undefined => {
    if (candidate === undefined) return undefined;
    const { test, use = test } = candidate.configurations[0]!;
    return { wrapper: createWrapper(candidate.type, use, options, facts), reason, detail: detail(candidate) };
  };
  const isToken = (text: string) => {
    const tokens = tokenizer?.(text, true, "trimLeadingSpace") ?? [];
    return tokens.length === 1 && tokenizer?.isSpecialToken(tokens[0]) === true;
  };
  return (
    choose(
      template === undefined ? undefined : candidatesOf(template, names)[0],
      "fingerprint",
      ({ templateTexts }) => templateTexts.join(" and "),
    ) ??
    choose(
      wrapperCandidates.find(({ tokens }) => tokens?.every(isToken) === true),
      "architecture",
      ({ tokens = [] }) => `special tokens ${tokens.join(" and ")}`,
    ) ??
    choose(
      wrapperCandidates.find(({ architectures }) => architectures?.includes(architecture ?? "") === true),
      "architecture",
      () => `architecture ${architecture}`,
    ) ??
    choose(
      wrapperCandidates.find(
        ({ names: pattern }) => pattern !== undefined && matchName(pattern, names) !== undefined,
      ),
      "name",
      ({ names: pattern }) => matchName(pattern!, names)!,
    )
  );
}
