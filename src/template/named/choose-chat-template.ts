import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { type ChatTemplateName, ChatTemplates } from "./chat-templates.ts";

/** What choosing a template looks at. */
export type TemplateChoiceModel = Pick<LanguageModel, "metadata" | "filename"> &
  Partial<Pick<LanguageModel, "tokenizer">>;

export interface ChatTemplateChoice {
  readonly name: ChatTemplateName;
  readonly template: ChatTemplate;
  /** Which rule fired: the model's own template, its special tokens and architecture, or its name. */
  readonly reason: "fingerprint" | "architecture" | "name";
  /** What the rule found. */
  readonly detail: string;
}

/** Texts of the model's own template, the more telling ones first. All of a rule's texts must be there. */
const fingerprints: readonly (readonly [name: ChatTemplateName, texts: readonly string[]])[] = [
  ["nous-obsidian", ["<|im_start|>", "###"]],
  ["chat-ml-tools", ["<|im_start|>", "<tool_call>"]],
  ["chat-ml", ["<|im_start|>"]],
  ["llama-3.1", ["<|start_header_id|>", "ipython"]],
  ["llama-3", ["<|start_header_id|>"]],
  ["gemma", ["<start_of_turn>"]],
  ["llama-2", ["[INST]", "<<SYS>>"]],
  ["stablelm-zephyr", ["<|user|>", "<|endoftext|>"]],
  ["tiny-llama", ["<|user|>", "<|assistant|>"]],
  ["vicuna-v0", ["### Human:"]],
  ["vicuna-v1", ["USER:", "ASSISTANT:"]],
  ["phi-2-instruct", ["Instruct:", "Output:"]],
];

/** Special tokens that only models of one format have. */
const specialTokens: readonly (readonly [name: ChatTemplateName, token: string])[] = [
  ["llama-3", "<|start_header_id|>"],
  ["gemma", "<start_of_turn>"],
  ["chat-ml", "<|im_start|>"],
];

/** Words of the model's name; all of a rule's words must be there. Parts of other words do not count. */
const names: readonly (readonly [name: ChatTemplateName, words: readonly RegExp[]])[] = [
  ["stablelm-zephyr", [/stablelm/, /zephyr/]],
  ["nous-obsidian", [/obsidian/]],
  ["openvla", [/openvla/]],
  ["bunny", [/\bbunny/]],
  ["gemma", [/\bgemma/]],
  ["tiny-llama", [/tiny-?llama/]],
  ["sheared-llama", [/sheared-?llama/]],
  ["open-llama", [/open-?llama/]],
  ["llama-3.1", [/llama-?3\.[123]/]],
  ["llama-3", [/llama-?3/]],
  ["llava-llama-2", [/\bllava/, /llama-?2/]],
  ["llama-2", [/llama-?2/]],
  ["vicuna-v1", [/\bvicuna/, /\bv1/]],
  ["vicuna-v0", [/\bvicuna/]],
  ["llava-v1", [/\bllava/, /\bv1/]],
  ["llava-v0", [/\bllava/]],
  ["vicuna-v1", [/\bvila/]],
  ["phi-2-instruct", [/\bphi/]],
];

/**
 * The template by name that suits a model, and why: by the text of the template in its file, then by the special
 * tokens of its vocabulary, then by its name. `undefined` when nothing fits.
 *
 * @example chatTemplate(model)?.name // "chat-ml"
 */
export function chatTemplate(model: TemplateChoiceModel): ChatTemplateChoice | undefined {
  const choose = (name: ChatTemplateName, reason: ChatTemplateChoice["reason"], detail: string) =>
    ({ name, template: ChatTemplates[name], reason, detail }) satisfies ChatTemplateChoice;
  const own = model.metadata["tokenizer.chat_template"];
  if (typeof own === "string") {
    const rule = fingerprints.find(([, texts]) => texts.every((text) => own.includes(text)));
    if (rule !== undefined) return choose(rule[0], "fingerprint", rule[1].join(" and "));
  }
  const { tokenizer } = model;
  if (tokenizer !== undefined) {
    const rule = specialTokens.find(([, text]) => {
      const tokens = tokenizer(text, true, "trimLeadingSpace");
      return tokens.length === 1 && tokenizer.isSpecialToken(tokens[0]);
    });
    if (rule !== undefined) return choose(rule[0], "architecture", rule[1]);
  }
  for (const text of [model.metadata["general.name"], model.metadata["general.basename"], model.filename]) {
    if (typeof text !== "string") continue;
    const words = text.toLowerCase().replaceAll(/[\s_]+/g, "-");
    const rule = names.find(([, patterns]) => patterns.every((pattern) => pattern.test(words)));
    if (rule !== undefined) return choose(rule[0], "name", text);
  }
  return undefined;
}
