import { existsSync, readFileSync } from "node:fs";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
import { ChatWrapper } from "../../template/chat-wrapper.ts";
import { parseChatTemplate } from "../../template/named/chat-template.ts";
import { isChatTemplateName } from "../../template/named/chat-templates.ts";
import { autoChatWrapper } from "../generation/auto-chat-wrapper.ts";
import { type HistoryFormat, wrapperFormat } from "./history-format.ts";
import { templateFormat } from "./template-format.ts";

/**
 * The format that `chatTemplate` means.
 * @throws ColloquyError `template-unknown`, `template-invalid`, `invalid-argument`
 */
export function resolveHistoryFormat(model: LanguageModel, chatTemplate: string | object): HistoryFormat {
  if (chatTemplate === "auto") return wrapperFormat(autoChatWrapper(model));
  if (chatTemplate instanceof ChatWrapper) return wrapperFormat(chatTemplate);
  if (typeof chatTemplate === "object" && chatTemplate !== null) {
    return templateFormat(parseChatTemplate(chatTemplate));
  }
  if (typeof chatTemplate !== "string") {
    throw new InvalidArgumentError("chatTemplate must be a name, a file, a template or a chat wrapper");
  }
  if (!isChatTemplateName(chatTemplate) && existsSync(chatTemplate)) {
    return templateFormat(parseChatTemplate(readFileSync(chatTemplate, "utf8")));
  }
  return templateFormat(chatTemplate);
}
