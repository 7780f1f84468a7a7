import { mediaMarker } from "../../template/chat-media.ts";
import { LlamaText, SpecialToken } from "../../template/llama-text.ts";
import { type ChatTemplate, templateRole, templateRoles } from "../../template/named/chat-template.ts";
import { NamedTemplateChatWrapper } from "../../template/named/named-template-chat-wrapper.ts";
import { renderTemplateMessages, type TemplateMessage } from "../../template/named/render-template.ts";
import type { ContentPart } from "./content-part.ts";
import type { FormattableMessage, HistoryFormat } from "./history-format.ts";
import { mediaOfPart } from "./user-media.ts";

const writtenBos = /^(<s>|<\|begin_of_text\|>|<bos>)/;
const botNames = ["bot", "model", "assistant"];

/** A history as a chat template renders it, with whatever roles the template has. */
export function templateFormat(template: string | ChatTemplate): HistoryFormat {
  const wrapper = new NamedTemplateChatWrapper(template);
  const roles = templateRoles(wrapper.template);
  const canonicalRole = (role: string) => {
    if (botNames.includes(role)) return "bot";
    if (role === "system") return role;
    return templateRole(wrapper.template, role) === undefined ? undefined : role;
  };
  return {
    name: wrapper.wrapperName,
    roles: roles.includes("system") ? roles : ["system", ...roles],
    canonicalRole,
    hasSystemRole: wrapper.template.system !== undefined,
    defaultSystemPrompt: wrapper.template.system_prompt,
    stop: wrapper.stopTexts,
    render(messages) {
      const known = messages.map((message) => ({
        ...message,
        role: canonicalRole(message.role) ?? message.role,
      }));
      const texts = toTexts(known, wrapper);
      const open = texts.at(-1)?.role === "bot";
      const rendered = renderTemplateMessages(wrapper.template, texts, { open });
      const start = writtenBos.test(rendered[0]?.toString() ?? "") ? [] : [new SpecialToken("BOS")];
      return LlamaText(start, rendered);
    },
  };
}

/** Messages as text; system messages become part of the next user turn where the template has no place for them. */
function toTexts(
  messages: readonly FormattableMessage[],
  wrapper: NamedTemplateChatWrapper,
): TemplateMessage[] {
  const texts: TemplateMessage[] = [];
  let folded = LlamaText();
  for (const { role, parts } of messages) {
    const text = LlamaText(
      parts.map((part, index) => [index > 0 && role === "user" ? "\n" : "", partText(part, wrapper)]),
    );
    if (role === "system" && wrapper.template.system === undefined) folded = LlamaText(folded, text, "\n\n");
    else {
      texts.push({ role, text: role === "user" ? LlamaText(folded, text) : text });
      if (role === "user") folded = LlamaText();
    }
  }
  if (folded.values.length > 0) texts.push({ role: "user", text: folded.trimEnd() });
  return texts;
}

function partText(part: ContentPart, wrapper: NamedTemplateChatWrapper): LlamaText {
  switch (part.type) {
    case "text":
      return LlamaText(part.text);
    case "richText":
      return LlamaText.fromJSON(part.text);
    case "functionCall":
    case "segment":
      return wrapper.generateModelResponseText([part]);
    default:
      return LlamaText(mediaMarker(mediaOfPart(part)));
  }
}
