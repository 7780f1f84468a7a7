import { ColloquyError } from "../../base/errors.ts";
import { special } from "../format-description.ts";
import { LlamaText, type LlamaTextInputValue } from "../llama-text.ts";
import { type ChatTemplate, templateRole, templateRoles } from "./chat-template.ts";

/** A message whose role is one of the template's. */
export interface TemplateMessage {
  readonly role: string;
  readonly text: string | LlamaText;
}

/** Between neighbouring messages of one role, which share the text around them. */
const separator = "\n";

/** @throws ColloquyError `role-unknown`, naming the roles that the template knows */
export function assertTemplateRole(template: ChatTemplate, role: string): void {
  if (templateRole(template, role) !== undefined) return;
  throw new ColloquyError("role-unknown", `The chat template has no role "${role}"`, {
    hint: `it knows ${templateRoles(template).join(", ")}`,
  });
}

/**
 * Each message with the text that the template puts around it; joined, they are the chat.
 *
 * @param options `open`: the last message is still being written, so nothing follows it. Default `false`.
 * @throws ColloquyError `role-unknown`
 * @example renderTemplateMessages(ChatTemplates["chat-ml"], [{role: "user", text: "Hi"}]).join("")
 */
export function renderTemplateMessages(
  template: ChatTemplate,
  messages: readonly TemplateMessage[],
  { open = false }: { open?: boolean } = {},
): LlamaText[] {
  const firstIndex = template.system === undefined || messages[0]?.role !== "system" ? 0 : 1;
  // Without its system message, a template that has one begins with the text of `user`.
  const hasFirst = template.first !== undefined && (template.system === undefined || firstIndex === 1);
  return messages.map(({ role, text }, index) => {
    assertTemplateRole(template, role);
    const isFirst = hasFirst && index === firstIndex && role !== "system";
    const { prefix, suffix } = templateRole(template, isFirst ? "first" : role)!;
    const continues = index > 0 && messages[index - 1]!.role === role;
    const goesOn = messages[index + 1]?.role === role;
    const isOpen = open && index === messages.length - 1;
    const parts: LlamaTextInputValue[] = [
      continues ? separator : special(prefix),
      text,
      goesOn || isOpen ? "" : special(suffix),
    ];
    return LlamaText(parts);
  });
}
