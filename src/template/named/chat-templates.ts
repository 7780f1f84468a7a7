import { type ChatTemplate, messageMark as M, parseChatTemplate } from "./chat-template.ts";

const llama2 = {
  system: `<s>[INST] <<SYS>>\n${M}\n<</SYS>>\n\n`,
  first: `${M} [/INST]`,
  user: `<s>[INST] ${M} [/INST]`,
  bot: ` ${M}`,
  system_prompt: "Answer the questions.",
};

const llama3Assistant = "<|start_header_id|>assistant<|end_header_id|>\n\n";
const llama3 = {
  system: `<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n${M}<|eot_id|>`,
  user: `<|start_header_id|>user<|end_header_id|>\n\n${M}<|eot_id|>${llama3Assistant}`,
  bot: `${M}<|eot_id|>`,
  stop: ["<|end_of_text|>", "<|eot_id|>"],
  system_prompt: "You are a helpful and friendly AI assistant.",
};

const vicunaV0 = {
  system: `${M}\n\n`,
  user: `### Human: ${M}\n### Assistant: `,
  bot: `${M}\n`,
  system_prompt:
    "A chat between a curious human and an artificial intelligence assistant. " +
    "The assistant gives helpful, detailed, and polite answers to the human's questions.",
};
const vicunaV1 = { ...vicunaV0, user: `USER: ${M}\nASSISTANT: ` };

const chatMl = {
  system: `<|im_start|>system\n${M}<|im_end|>\n`,
  user: `<|im_start|>user\n${M}<|im_end|>\n<|im_start|>assistant\n`,
  bot: `${M}\n`,
  system_prompt: "You are a helpful AI assistant.",
};

const gemmaTurn = `<start_of_turn>user\n${M}<end_of_turn>\n<start_of_turn>model\n`;

const templates = {
  "llama-2": llama2,
  "llama-3": llama3,
  "llama-3.1": {
    ...llama3,
    stop: [...llama3.stop, "<|eom_id|>"],
    tool_call: "<\\|python_tag\\|>(.*?)<\\|eom_id\\|>",
    tool_response: `<|start_header_id|>ipython<|end_header_id|>\n\n${M}<|eot_id|>\n${llama3Assistant}`,
  },
  "tiny-llama": {
    system: `<|system|>\n${M}</s>\n`,
    user: `<|user|>\n${M}</s>\n<|assistant|>\n`,
    bot: M,
    system_prompt: "You are a friendly chatbot who always gives helpful answers to the user's questions.",
  },
  "sheared-llama": {
    system: `${M}\n\n`,
    user: `### Input:\n${M}\n\n### Response:`,
    bot: M,
    system_prompt: "You are a helpful assistant. Write a response that appropriately completes the request.",
  },
  "open-llama": { user: `Q: ${M}\nA:`, bot: `${M}\n`, stop: ["</s>", "\n", "Q:"] },
  "vicuna-v0": vicunaV0,
  "llava-v0": vicunaV0,
  "vicuna-v1": vicunaV1,
  "llava-v1": vicunaV1,
  "chat-ml": chatMl,
  "chat-ml-tools": {
    ...chatMl,
    stop: ["<|im_end|>", "</tool_call>"],
    tool_call: "<tool_call>(.*?)</tool_call>",
    tool_response: `<|im_start|>tool\n<tool_response>\n${M}\n</tool_response>\n<|im_end|>\n<|im_start|>assistant\n`,
  },
  "nous-obsidian": {
    system: `<|im_start|>system\n${M}\n###\n`,
    user: `<|im_start|>user\n${M}\n###\n<|im_start|>assistant\n`,
    bot: `${M}\n`,
    stop: ["###", "<|im_end|>"],
    system_prompt: chatMl.system_prompt,
  },
  "stablelm-zephyr": {
    system: `<|system|>\n${M}<|endoftext|>\n`,
    user: `<|user|>\n${M}<|endoftext|>\n<|assistant|>\n`,
    bot: `${M}\n`,
    system_prompt: chatMl.system_prompt,
  },
  "phi-2-chat": { user: `Alice: ${M}\nBob: `, bot: `${M}\n` },
  "phi-2-instruct": { user: `Instruct: ${M}\nOutput: `, bot: `${M}\n` },
  gemma: { first: `<bos>${gemmaTurn}`, user: `<end_of_turn>\n${gemmaTurn}`, bot: M },
  bunny: { user: `USER: ${M}\n`, bot: `ASSISTANT: ${M}\n` },
  openvla: { user: `<s>${M}`, bot: M },
  "llava-llama-2": {
    ...llama2,
    system_prompt:
      "You are a helpful language and vision assistant. You are able to understand the visual content that the user " +
      "provides, and assist the user with a variety of tasks using natural language.",
  },
} as const;

export type ChatTemplateName = keyof typeof templates;

/** The chat templates that can be chosen by name. Frozen; nothing about a model is ever written into them. */
export const ChatTemplates: Readonly<Record<ChatTemplateName, ChatTemplate>> = Object.freeze(
  Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [name, parseChatTemplate(template)]),
  ) as Record<ChatTemplateName, ChatTemplate>,
);

export function isChatTemplateName(name: string): name is ChatTemplateName {
  return Object.hasOwn(ChatTemplates, name);
}
