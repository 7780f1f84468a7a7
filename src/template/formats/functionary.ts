import type { ChatModelFunctionCall, ChatModelResponse } from "../chat-history-items.ts";
import type { ChatWrapper } from "../chat-wrapper.ts";
import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import {
  bos,
  eos,
  eot,
  type FormatDescription,
  type FormatRenderer,
  none,
  special,
} from "../format-description.ts";
import { LlamaText, type LlamaTextInputValue } from "../llama-text.ts";

export type FunctionaryVariation = "v3" | "v2" | "v2.llama3";

/** How a variation writes its messages. */
interface FunctionaryLayout {
  readonly start: LlamaText;
  readonly roles: Readonly<Record<"system" | "user", readonly [prefix: string, suffix: string]>>;
  /** Before the texts and calls of one message of the model. */
  readonly open: string;
  readonly text: string;
  readonly call: string;
  readonly afterName: string;
  readonly end: string;
  readonly result: readonly [prefix: string, afterName: string | undefined, suffix: string];
  /** Dropped at the very start of the chat. */
  readonly lineBreakFirst: boolean;
  /** Each response begins by saying who it is for, so a call can be the first thing. */
  readonly choosesRecipient: boolean;
  readonly stops: readonly string[];
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: the model was trained on these very lines
const recipientLines = ">>>${recipient}\n${content}";

const header = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
const from = (role: string) => `\n<|from|>${role}\n<|recipient|>all\n<|content|>`;
const llama3Roles = {
  system: [header("system"), "<|eot_id|>"],
  user: [header("user"), "<|eot_id|>"],
} as const;

const layouts: Readonly<Record<FunctionaryVariation, FunctionaryLayout>> = {
  v3: {
    start: bos,
    roles: llama3Roles,
    open: header("assistant"),
    text: ">>>all\n",
    call: ">>>",
    afterName: "\n",
    end: "<|eot_id|>",
    result: [header("tool"), undefined, "<|eot_id|>"],
    lineBreakFirst: false,
    choosesRecipient: true,
    stops: ["<|eot_id|>", "<|end_of_text|>"],
  },
  "v2.llama3": {
    start: bos,
    roles: llama3Roles,
    open: header("assistant"),
    text: "",
    call: "<|reserved_special_token_249|>",
    afterName: "\n",
    end: "<|eot_id|>",
    result: [`${header("tool")}name=`, "\n", "<|eot_id|>"],
    lineBreakFirst: false,
    choosesRecipient: false,
    stops: ["<|eot_id|>", "<|end_of_text|>"],
  },
  v2: {
    start: bos,
    roles: { system: [from("system"), ""], user: [from("user"), ""] },
    open: "",
    text: from("assistant"),
    call: "\n<|from|>assistant\n<|recipient|>",
    afterName: "\n<|content|>",
    end: "<|stop|>",
    result: ["\n<|from|>", "\n<|recipient|>all\n<|content|>", ""],
    lineBreakFirst: true,
    choosesRecipient: true,
    stops: ["<|stop|>", " <|stop|>", "\n<|from|>user", "\n<|from|>system"],
  },
};

function settingsOf(layout: FunctionaryLayout): ChatWrapperSettings {
  const [prefix, afterName, suffix] = layout.result;
  return {
    supportsSystemMessages: true,
    functions: {
      call: {
        optionalPrefixSpace: true,
        prefix: special(layout.call),
        paramsPrefix: special(layout.afterName),
        suffix: "",
        emptyCallParamsPlaceholder: {},
      },
      result: {
        prefix:
          afterName === undefined
            ? special(prefix)
            : LlamaText(special(prefix), "{{functionName}}", special(afterName)),
        suffix: special(suffix),
      },
      parallelism: {
        call: { sectionPrefix: "", betweenCalls: "", sectionSuffix: special(layout.end) },
        result: { sectionPrefix: "", betweenResults: "", sectionSuffix: special(layout.open) },
      },
    },
  };
}

/** One message of the model: its texts, its calls, and the results that follow it. */
interface Turn {
  readonly texts: LlamaTextInputValue[];
  readonly calls: ChatModelFunctionCall[];
}

function toTurns(response: ChatModelResponse["response"], wrapper: ChatWrapper): Turn[] {
  const turns: Turn[] = [];
  for (const item of response) {
    const isCall = typeof item === "object" && item.type === "functionCall";
    const last = turns.at(-1);
    const startsTurn =
      last === undefined || (last.calls.length > 0 && (!isCall || item.startsNewChunk === true));
    const turn = startsTurn ? { texts: [], calls: [] } : last;
    if (startsTurn) turns.push(turn);
    if (isCall) turn.calls.push(item);
    else if (item !== "") turn.texts.push(wrapper.generateModelResponseText([item]));
  }
  return turns;
}

function renderTurn(
  layout: FunctionaryLayout,
  { texts, calls }: Turn,
  wrapper: ChatWrapper,
  isOpen: boolean,
): LlamaText {
  const parts: LlamaTextInputValue[] = [special(layout.open)];
  if (texts.length > 0) parts.push(special(layout.text), texts);
  for (const { name, params, rawCall } of calls)
    parts.push(
      rawCall === undefined ? wrapper.generateFunctionCall(name, params) : LlamaText.fromJSON(rawCall),
    );
  if (calls.length > 0 || !isOpen) parts.push(special(layout.end));
  for (const { name, params, result } of calls)
    parts.push(wrapper.generateFunctionCallResult(name, params, result));
  return LlamaText(parts);
}

function renderer(layout: FunctionaryLayout): FormatRenderer {
  return ({ history, functions, documentParams, wrapper }) => {
    const hasFunctions = Object.keys(functions).length > 0;
    const items = wrapper.addAvailableFunctionsSystemMessageToHistory(history, functions, { documentParams });
    const parts: LlamaTextInputValue[] = [];
    let hasOpenText = false;
    for (const [index, item] of items.entries()) {
      if (item.type === "model") {
        const turns = toTurns(item.response, wrapper);
        const isLast = index === items.length - 1;
        for (const [turnIndex, turn] of turns.entries()) {
          hasOpenText =
            isLast && turnIndex === turns.length - 1 && turn.calls.length === 0 && turn.texts.length > 0;
          const isEmpty = turn.calls.length === 0 && turn.texts.length === 0;
          if (!isEmpty) parts.push(renderTurn(layout, turn, wrapper, hasOpenText));
        }
        continue;
      }
      const text = item.type === "system" ? LlamaText.fromJSON(item.text) : LlamaText(item.text);
      const [prefix, suffix] = layout.roles[item.type];
      if (text.values.length > 0) parts.push(special(prefix), text, special(suffix));
    }
    // With functions the model itself says whether it answers or calls; without, there is no choice.
    if (!hasOpenText) parts.push(special(layout.open), hasFunctions ? none : special(layout.text));
    const body = LlamaText(parts);
    const isEngaged = hasFunctions && !hasOpenText && layout.choosesRecipient;
    const contextText = LlamaText(layout.start, layout.lineBreakFirst ? body.trimStart() : body);
    const stopGenerationTriggers = stopsOf(layout);
    if (!isEngaged) return { contextText, stopGenerationTriggers };
    const starts = textStarts(layout);
    return {
      contextText,
      stopGenerationTriggers,
      ignoreStartText: starts,
      functionCall: { initiallyEngaged: true, disengageInitiallyEngaged: starts },
    };
  };
}

/** How a response begins that is an answer and not a call. */
function textStarts({ lineBreakFirst, text }: FunctionaryLayout): LlamaText[] {
  const before = lineBreakFirst ? ["", "\n", " ", " \n"] : [""];
  return before.flatMap((space) => [special(space + text), LlamaText(space + text)]);
}

function stopsOf(layout: FunctionaryLayout): LlamaText[] {
  return [eos, eot, ...layout.stops.flatMap((text) => [special(text), LlamaText(text)])];
}

/** MeetKai's Functionary models. Functions are shown as TypeScript types; `all` is the user. */
export function functionaryFormat(variation: FunctionaryVariation): FormatDescription {
  const layout = layouts[variation];
  const role = ([prefix, suffix]: readonly [string, string]) => ({
    prefix: special(prefix),
    suffix: special(suffix),
  });
  return {
    name: "Functionary",
    settings: settingsOf(layout),
    start: layout.start,
    system: role(layout.roles.system),
    user: role(layout.roles.user),
    model: { prefix: special(layout.open + layout.text), suffix: special(layout.end) },
    joined: [],
    functions: {
      placement: "beforeSystem",
      describe: (documentation, options) =>
        LlamaText.joinValues("\n", [
          ...(variation === "v3"
            ? [
                "You are capable of executing available function(s) if required.",
                "Only execute function(s) when absolutely necessary.",
                "Ask for the required input to:recipient==all",
                "Use JSON for function arguments.",
                "Respond in this format:",
                recipientLines,
                "Available functions:",
              ]
            : []),
          "// Supported function definitions that should be called when necessary.",
          "namespace functions {",
          "",
          documentation.getTypeScriptFunctionTypes({ ...options, reservedFunctionNames: ["all"] }),
          "",
          "} // namespace functions",
        ]),
    },
    stop: stopsOf(layout),
    render: renderer(layout),
  };
}
