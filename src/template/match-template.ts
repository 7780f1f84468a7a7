import type { ChatHistoryItem } from "./chat-history-items.ts";
import type { ChatWrapper } from "./chat-wrapper.ts";
import { segmentTags } from "./chat-wrapper-settings.ts";
import type { SpecializedChatWrapperTypeName } from "./chat-wrappers.ts";
import { bos, special } from "./format-description.ts";
import {
  isTemplateError,
  JinjaTemplateChatWrapper,
  type TokenTexts,
} from "./jinja/jinja-template-chat-wrapper.ts";
import { LlamaText, SpecialToken } from "./llama-text.ts";
import type { WrapperCandidate } from "./wrapper-candidates.ts";
import { FormatChatWrapper } from "./wrappers/format-chat-wrapper.ts";

export interface EquivalentFormat {
  readonly type: SpecializedChatWrapperTypeName;
  readonly wrapper: ChatWrapper;
}

// Marks, line breaks and quotes, so that a template that changes texts does not pass for one that does not.
const system = 'Rules:\n- be "short" & <b>plain</b> {{ x }}\n- it\'s all';
const users = ["What's 1 + 2?\n\nAnd why? [a] {b}", "Und jetzt? émoji 🙂", "<c>3</c>"];
const replies = ["It is **3**.\nBecause.", "1 < 2 && 3 > 2", "Ok"];

const turn = (index: number): ChatHistoryItem[] => [
  { type: "user", text: users[index]! },
  { type: "model", response: [replies[index]!] },
];
const question: ChatHistoryItem[] = [{ type: "user", text: users[2]! }];

/** Conversations that a format and a template must render alike. */
const probes: readonly ChatHistoryItem[][] = [
  question,
  [...turn(0), ...question],
  [...turn(0), ...turn(1)],
  [...turn(0), ...turn(1), ...question],
];
const systemProbes: readonly ChatHistoryItem[][] = [probes[0]!, probes[3]!].map((probe) => [
  { type: "system", text: system },
  ...probe,
]);

/**
 * The first built-in format that renders every probe exactly as the template does. Built-in formats are data that is
 * rendered message by message, which is faster, and they know how their models call functions.
 *
 * @throws ColloquyError `template-invalid` when the template cannot be used at all
 */
export function findEquivalentFormat(
  template: string,
  candidates: readonly WrapperCandidate[],
  tokenTexts: TokenTexts,
  create: (
    type: SpecializedChatWrapperTypeName,
    settings: Record<string, unknown>,
    purpose: "compare" | "use",
  ) => ChatWrapper,
): EquivalentFormat | undefined {
  for (const { type, configurations } of candidates) {
    for (const { test, use = test, variables } of configurations) {
      const jinja = new JinjaTemplateChatWrapper({
        template,
        tokenTexts,
        additionalRenderParameters: variables,
        functionCallMessageTemplate: "noJinja",
      });
      const adapted = adapt(create(type, test, "compare"), jinja, tokenTexts);
      if (adapted !== undefined && rendersAlike(adapted, jinja, tokenTexts))
        return { type, wrapper: adapt(create(type, use, "use"), jinja, tokenTexts)! };
    }
  }
  return undefined;
}

/** Gives the format the beginning and the default system prompt of the template. */
function adapt(
  wrapper: ChatWrapper,
  jinja: JinjaTemplateChatWrapper,
  texts: TokenTexts,
): ChatWrapper | undefined {
  if (!(wrapper instanceof FormatChatWrapper)) return undefined;
  const { start } = wrapper.format;
  const startsPlainly = start.values.length === 0 || start.compare(bos);
  const writesBos = !!texts.bos && jinja.template.includes("bos_token");
  return wrapper.withFormat({
    // Written by the template: always there. Otherwise only where the vocabulary wants it.
    start:
      startsPlainly && writesBos && texts.prependsBos !== true
        ? special(texts.bos!)
        : startsPlainly
          ? bos
          : start,
    templateSystemPrompt: jinja.templateSystemPrompt,
  });
}

function rendersAlike(wrapper: ChatWrapper, jinja: JinjaTemplateChatWrapper, texts: TokenTexts): boolean {
  const prefix = jinja.settings.segments?.thought?.prefix;
  // Within a response whose thought the template has opened already, format and template cannot be compared.
  const opensThoughts = typeof prefix === "object" && "type" in prefix;
  const all = (jinja.settings.supportsSystemMessages ? [...probes, ...systemProbes] : probes).filter(
    (probe) => !opensThoughts || probe.at(-1)?.type === "user",
  );
  try {
    return all.every((chatHistory) => {
      // A space that a format leaves before the response is one that the template lets the model write.
      const [own, theirs] = [wrapper, jinja].map((each) =>
        writeOut(
          LlamaText(each.generateContextState({ chatHistory }).contextText, openingOf(each, chatHistory)),
          texts,
        ),
      );
      return own?.trimEnd() === theirs?.trimEnd();
    });
  } catch (error) {
    if (isTemplateError(error)) return false;
    throw error;
  }
}

/** The thought that the engine opens for a format; a template writes it itself. */
function openingOf({ settings }: ChatWrapper, chatHistory: readonly ChatHistoryItem[]): LlamaText {
  const isAtStart = chatHistory.at(-1)?.type !== "model";
  const opens = settings.segments?.thought?.openOnResponseStart === true;
  return LlamaText(isAtStart && opens ? segmentTags(settings, "thought")?.prefix : "");
}

/** The rendering as the model's own tokenizer would be given it. */
function writeOut(text: LlamaText, texts: TokenTexts): string {
  return text.values
    .map((value, index) => {
      if (!(value instanceof SpecialToken)) return String(value);
      if (value.value === "EOS") return texts.eos ?? "<eos>";
      if (value.value !== "BOS") return "";
      return index === 0 && texts.prependsBos !== true ? "" : (texts.bos ?? "");
    })
    .join("");
}
