import type { SpecializedChatWrapperTypeName } from "./chat-wrappers.ts";

/** A built-in format and how to recognise models of it. */
export interface WrapperCandidate {
  readonly type: SpecializedChatWrapperTypeName;
  /** Texts that the model's own template holds, all of them. */
  readonly templateTexts: readonly string[];
  /** These texts are enough: the format needs more than its template says, such as triggers for channels. */
  readonly isCertainByTexts?: true;
  /** Special tokens that only this format's vocabularies have, all of them. */
  readonly tokens?: readonly string[];
  /** GGUF architectures whose chat models all use the format. */
  readonly architectures?: readonly string[];
  /** Words of a model or file name. */
  readonly names?: RegExp;
  /** Options that are tried against the template, with variables for the template. */
  readonly configurations: readonly WrapperConfiguration[];
}

export interface WrapperConfiguration {
  /** Options for comparing with the template. */
  readonly test: Record<string, unknown>;
  /** Options for the wrapper that is used. Default: `test`. */
  readonly use?: Record<string, unknown>;
  readonly variables?: Record<string, unknown>;
}

const plain: readonly WrapperConfiguration[] = [{ test: {} }];
// A template with a date of its own is compared on that day; the wrapper in use says today's date.
const llama3Dates: readonly WrapperConfiguration[] = [
  {
    test: { noToolInstructions: true, todayDate: new Date(2024, 6, 26) },
    use: { noToolInstructions: true },
    variables: { date_string: "26 Jul 2024" },
  },
  { test: { noToolInstructions: true, todayDate: null, cuttingKnowledgeDate: null } },
];

/** The built-in formats, the more specific ones first. One row each; the rules that read them are elsewhere. */
export const wrapperCandidates: readonly WrapperCandidate[] = [
  {
    type: "harmony",
    templateTexts: ["<|channel|>analysis<|message|>", "<|start|>"],
    isCertainByTexts: true,
    tokens: ["<|channel|>", "<|message|>"],
    architectures: ["gpt-oss"],
    names: /gpt-?oss/,
    configurations: plain,
  },
  {
    type: "muse",
    templateTexts: [" to=self<|message|>", "<|eom|>"],
    isCertainByTexts: true,
    architectures: ["muse-glimmer"],
    names: /muse-?glimmer/,
    configurations: plain,
  },
  {
    type: "gemma4",
    templateTexts: ["<|turn>", "<turn|>"],
    tokens: ["<|turn>", "<turn|>"],
    architectures: ["gemma4"],
    names: /gemma-?4/,
    configurations: [{ test: {} }, { test: { reasoning: false } }],
  },
  {
    type: "gemma",
    templateTexts: ["<start_of_turn>", "<end_of_turn>"],
    tokens: ["<start_of_turn>", "<end_of_turn>"],
    architectures: ["gemma", "gemma2", "gemma3", "gemma3n"],
    names: /gemma/,
    configurations: plain,
  },
  {
    type: "seed",
    templateTexts: ["<seed:think>"],
    tokens: ["<seed:think>"],
    architectures: ["seed_oss"],
    names: /seed-?oss/,
    configurations: plain,
  },
  {
    type: "deepSeek",
    templateTexts: ["<｜Assistant｜>"],
    tokens: ["<｜User｜>", "<｜Assistant｜>"],
    architectures: ["deepseek2"],
    names: /deepseek-?(r1|v[23])/,
    configurations: [{ test: {} }],
  },
  {
    type: "functionary",
    templateTexts: ["<|start_header_id|>", ">>>all"],
    isCertainByTexts: true,
    names: /functionary/,
    configurations: [{ test: { variation: "v3" } }],
  },
  {
    type: "functionary",
    templateTexts: ["<|from|>", "<|recipient|>"],
    isCertainByTexts: true,
    tokens: ["<|from|>", "<|recipient|>"],
    configurations: [{ test: { variation: "v2" } }],
  },
  {
    type: "llama3.2-lightweight",
    templateTexts: ["<|start_header_id|>", "Cutting Knowledge Date"],
    names: /llama-?3\.2-(1b|3b)/,
    configurations: llama3Dates,
  },
  {
    type: "llama3.1",
    templateTexts: ["<|start_header_id|>", "Cutting Knowledge Date"],
    tokens: ["<|start_header_id|>", "<|eom_id|>"],
    names: /llama-?3\.[123]/,
    configurations: llama3Dates,
  },
  {
    type: "llama3",
    templateTexts: ["<|start_header_id|>", "<|eot_id|>"],
    tokens: ["<|start_header_id|>", "<|eot_id|>"],
    names: /llama-?3/,
    configurations: plain,
  },
  {
    type: "qwen",
    templateTexts: ["<|im_start|>", "<tool_call>", "<function="],
    architectures: ["qwen35", "qwen35moe"],
    names: /\bqwen-?3\.5/,
    configurations: [
      { test: { variation: "3.5" } },
      { test: { variation: "3.5", thoughts: "modelInitiated" } },
      { test: { variation: "3.5", thoughts: "discourage" } },
    ],
  },
  {
    type: "qwen",
    templateTexts: ["<|im_start|>", "<tool_call>"],
    architectures: ["qwen2", "qwen2moe", "qwen3", "qwen3moe", "qwen3vl", "qwen3vlmoe"],
    names: /\bqwen/,
    configurations: plain,
  },
  {
    type: "chatML",
    templateTexts: ["<|im_start|>"],
    tokens: ["<|im_start|>", "<|im_end|>"],
    names: /chatml|\borca|\bdolphin|smollm|hermes/,
    configurations: plain,
  },
  {
    type: "llama2Chat",
    templateTexts: ["[INST]", "<<SYS>>"],
    names: /llama-?2.*chat/,
    configurations: [{ test: {} }, { test: { addSpaceBeforeEos: true } }],
  },
  {
    type: "mistral",
    templateTexts: ["[INST]"],
    tokens: ["[INST]", "[TOOL_CALLS]"],
    names: /mi[sx]tral.*instruct|ministral|mistral-(small|large|nemo)/,
    configurations: [{ test: {} }, { test: { addSpaceBeforeEos: true } }],
  },
  {
    type: "falconChat",
    templateTexts: ["User: ", "Assistant:"],
    architectures: ["falcon"],
    names: /falcon/,
    configurations: [{ test: {} }, { test: { allowSpecialTokensInTitles: true } }],
  },
  {
    type: "alpacaChat",
    templateTexts: ["### Instruction:", "### Response:"],
    names: /alpaca/,
    configurations: plain,
  },
];
