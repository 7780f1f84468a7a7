import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { eos, type FormatDescription, none, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";
import { type ChannelLayout, channelRenderer, specialAround } from "./channels.ts";

export type HarmonyReasoningEffort = "high" | "medium" | "low";

export interface HarmonyFormatOptions {
  readonly modelIdentity: string;
  readonly cuttingKnowledgeDate: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;
  readonly reasoningEffort: HarmonyReasoningEffort | null;
  readonly requiredChannels: Readonly<Record<"analysis" | "commentary" | "final", boolean>>;
  readonly keepOnlyLastThought: boolean;
}

const settings: ChatWrapperSettings = {
  supportsSystemMessages: true,
  functions: {
    call: {
      optionalPrefixSpace: true,
      prefix: LlamaText(special(" to="), "functions."),
      paramsPrefix: special(" <|constrain|>json<|message|>"),
      suffix: special("<|call|>"),
      emptyCallParamsPlaceholder: {},
    },
    result: {
      prefix: LlamaText(
        special("<|start|>"),
        "functions.{{functionName}}",
        special(" to=assistant<|channel|>commentary<|message|>"),
      ),
      suffix: special("<|end|>"),
    },
  },
  segments: {
    thought: { prefix: special("<|channel|>analysis<|message|>"), suffix: special("<|end|>") },
    comment: { prefix: special("<|channel|>commentary<|message|>"), suffix: special("<|end|>") },
  },
};

/** Numbers of a date, with leading zeros. */
function isoParts(date: Date | (() => Date), timeZone?: string) {
  const value = typeof date === "function" ? date() : date;
  const part = (options: Intl.DateTimeFormatOptions, length: number) =>
    value.toLocaleDateString("en-US", { ...options, timeZone }).padStart(length, "0");
  return {
    year: part({ year: "numeric" }, 4),
    month: part({ month: "numeric" }, 2),
    day: part({ day: "numeric" }, 2),
  };
}

/** `2024-06-28`. */
export function isoDate(date: Date | (() => Date), timeZone?: string): string {
  const { year, month, day } = isoParts(date, timeZone);
  return `${year}-${month}-${day}`;
}

function preamble(options: HarmonyFormatOptions, hasFunctions: boolean): LlamaText {
  const { modelIdentity, cuttingKnowledgeDate, todayDate, reasoningEffort, requiredChannels } = options;
  const about = modelIdentity === "" ? [] : [modelIdentity];
  if (cuttingKnowledgeDate !== null) {
    const { year, month } = isoParts(cuttingKnowledgeDate, "UTC");
    about.push(`Knowledge cutoff: ${year}-${month}`);
  }
  if (todayDate !== null) about.push(`Current date: ${isoDate(todayDate)}`);
  const channels = (["analysis", "commentary", "final"] as const).filter(
    (channel) => requiredChannels[channel],
  );
  const channelLines =
    channels.length === 0
      ? []
      : [`# Valid channels: ${channels.join(", ")}. Channel must be included for every message.`];
  if (requiredChannels.commentary && hasFunctions)
    channelLines.push("Calls to these tools must go to the commentary channel: 'functions'.");
  const reasoning = reasoningEffort === null ? [] : [`Reasoning: ${reasoningEffort}`];
  const blocks = [about, reasoning, channelLines]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"));
  return LlamaText(special("<|start|>system<|message|>"), blocks.join("\n\n"), special("<|end|>"));
}

function developer(systemText: LlamaText, functionsText: LlamaText): LlamaText {
  const blocks = [
    systemText.values.length === 0 ? none : LlamaText("# Instructions\n\n", systemText),
    functionsText,
  ].filter((block) => block.values.length > 0);
  if (blocks.length === 0) return none;
  return LlamaText(
    special("<|start|>developer<|message|>"),
    LlamaText.joinValues("\n\n", blocks),
    special("<|end|>"),
  );
}

/** OpenAI's gpt-oss models: channels for reasoning, remarks and calls, and the answer. */
export function harmonyFormat(options: HarmonyFormatOptions): FormatDescription {
  const layout: ChannelLayout = {
    start: (systemText, functionsText, functionNames) =>
      LlamaText(preamble(options, functionNames.length > 0), developer(systemText, functionsText)),
    laterSystem: specialAround("<|start|>developer<|message|>", "<|end|>"),
    user: specialAround("<|start|>user<|message|>", "<|end|>"),
    opener: special("<|start|>assistant"),
    text: specialAround("<|channel|>final<|message|>", "<|end|>"),
    thought: specialAround("<|channel|>analysis<|message|>", "<|end|>"),
    comment: specialAround("<|channel|>commentary<|message|>", "<|end|>"),
    keepOnlyLastThought: options.keepOnlyLastThought,
    // Calls are one to a message, each followed by its result.
    calls: (wrapper, calls) =>
      LlamaText(
        calls.map(({ name, params, result }) => [
          special("<|start|>assistant<|channel|>commentary"),
          wrapper.generateFunctionCall(name, params),
          wrapper.generateFunctionCallResult(name, params, result),
        ]),
      ),
    stop: [eos, special("<|return|>"), LlamaText("<|return|>")],
    messageEnd: special("<|end|>"),
    triggers: () => ({
      prefixTriggers: [
        { type: "segment", segmentType: "thought", triggers: [special("<|channel|>analysis<|message|>")] },
        { type: "segment", segmentType: "comment", triggers: [special("<|channel|>commentary<|message|>")] },
        { type: "response", triggers: [special("<|channel|>final")], inject: special("<|message|>") },
        ...(["commentary", "analysis"] as const).map((channel) => ({
          type: "functionCall" as const,
          triggers: [special(`<|channel|>${channel} to=`)],
          replaceTrigger: true,
          inject: special(`<|channel|>${channel}`),
        })),
      ],
      noPrefixTrigger: { type: "response", inject: special("<|channel|>final<|message|>") },
      detectFunctionCalls: false,
    }),
  };
  return {
    name: "Harmony",
    settings,
    start: none,
    system: layout.laterSystem,
    user: layout.user,
    model: layout.text,
    joined: [],
    functions: {
      placement: "withinSystem",
      describe: (documentation, describeOptions) =>
        LlamaText.joinValues("\n", [
          "# Tools",
          "",
          "## functions",
          "",
          "namespace functions {",
          "",
          documentation.getTypeScriptFunctionTypes(describeOptions).replaceAll(/^[ ]+/gm, ""),
          "",
          "} // namespace functions",
        ]),
    },
    stop: layout.stop,
    render: channelRenderer(layout),
  };
}
