import { defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { bos, eos, type FormatDescription, type RoleFormat, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";

/** `<|im_start|>role`, a line break, the text, `<|im_end|>` and a line break. */
export function chatMLRole(role: string): RoleFormat {
  return { prefix: special(`<|im_start|>${role}\n`), suffix: special("<|im_end|>\n") };
}

export const chatMLStops: readonly LlamaText[] = [eos, special("<|im_end|>"), LlamaText("<|im_end|>")];

/** ChatML, as OpenAI published it with the first chat models' API and as many open models were trained. */
export const chatMLFormat: FormatDescription = {
  name: "ChatML",
  settings: defaultChatWrapperSettings,
  start: bos,
  system: chatMLRole("system"),
  user: chatMLRole("user"),
  model: chatMLRole("assistant"),
  joined: ["system"],
  functions: { placement: "afterSystem" },
  stop: chatMLStops,
};
