import { ColloquyError } from "../../base/errors.ts";
import { type ChatWrapperSettings, defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { none, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";

/** A message as Jinja templates take it. */
export interface JinjaMessage {
  role: string;
  content: string;
  name?: string;
  tool_calls?: readonly object[];
  tool_call_id?: string;
}

/** Renders messages with a generation prompt unless `generate` is false. Throws what the template throws. */
export type ProbeRenderer = (
  messages: readonly JinjaMessage[],
  options?: { tools?: readonly object[]; generate?: boolean },
) => string;

export interface JinjaRoleNames {
  readonly system: string;
  readonly user: string;
  readonly model: string;
}

// Words that no template contains and that every template leaves alone.
const word = (name: string) => `Zq${name}Kw`;
const systemWord = word("System");
const userWord = word("User");
const modelWord = word("Model");

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof ColloquyError) return undefined;
    throw error;
  }
}

/** Whether the template takes system messages and shows them. */
export function probeSystemSupport(render: ProbeRenderer, roles: JinjaRoleNames): boolean {
  const text = attempt(() =>
    render([
      { role: roles.system, content: systemWord },
      { role: roles.user, content: userWord },
    ]),
  );
  return text?.includes(systemWord) === true;
}

/** The system prompt that the template writes when the chat has none. */
export function probeTemplateSystemPrompt(render: ProbeRenderer, roles: JinjaRoleNames): string | undefined {
  const user = { role: roles.user, content: userWord };
  const given = attempt(() => render([{ role: roles.system, content: systemWord }, user]));
  const own = attempt(() => render([user]));
  if (given === undefined || own === undefined) return undefined;
  const start = given.indexOf(systemWord);
  if (start === -1) return undefined;
  const before = given.slice(0, start);
  const after = given.slice(start + systemWord.length);
  const prompt = own.slice(before.length, own.length - after.length);
  return own === before + prompt + after && prompt !== "" ? prompt : undefined;
}

/** What the template writes after a response, up to the first special token of the next message. */
export function probeResponseEnd(render: ProbeRenderer, roles: JinjaRoleNames): string {
  const text = attempt(() =>
    render(
      [
        { role: roles.user, content: userWord },
        { role: roles.model, content: modelWord },
        { role: roles.user, content: word("Next") },
      ],
      { generate: false },
    ),
  );
  if (text === undefined) return "";
  const after = text.slice(text.indexOf(modelWord) + modelWord.length);
  return /^\s*(<[^<>\s]+>|\[\/?[A-Z_]+\])/.exec(after)?.[1] ?? "";
}

/** Opening and closing tags of thoughts, as published templates have them. */
const thoughtTags: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<seed:think>", "</seed:think>"],
  ["[THINK]", "[/THINK]"],
  ["<|channel>thought\n", "<channel|>"],
  ["<thinking>", "</thinking>"],
];

/** The thought tags that the template mentions, and whether it opens a thought at the start of a response. */
export function probeSegments(
  source: string,
  render: ProbeRenderer,
  roles: JinjaRoleNames,
): ChatWrapperSettings["segments"] {
  const tags = thoughtTags.find(([open, close]) => source.includes(close) || source.includes(open));
  if (tags === undefined) return undefined;
  const prompt = attempt(() => render([{ role: roles.user, content: userWord }])) ?? "";
  const isOpened = prompt.trimEnd().endsWith(tags[0].trimEnd());
  return {
    reiterateStackAfterFunctionCalls: !isOpened,
    thought: { prefix: isOpened ? { type: "openedOnStart" } : special(tags[0]), suffix: special(tags[1]) },
  };
}

const functionWord = "zqFunctionKw";
const keyWord = "zqKeyKw";
const valueWord = "zqValueKw";
const resultWord = word("Result");
const finalWord = word("Final");
const callId = "zqCallId1";

const probeTools = [
  {
    type: "function",
    function: {
      name: functionWord,
      description: "Probe",
      parameters: { type: "object", properties: { [keyWord]: { type: "string" } }, required: [keyWord] },
    },
  },
];

export interface ProbedFunctions {
  readonly settings: ChatWrapperSettings["functions"];
  /** The template writes results as JSON strings. */
  readonly stringifiesResults: boolean;
}

/**
 * How the template writes a function call and its result; `undefined` when it has no place for them, or writes them
 * in a way that cannot be told from one example (parameters one by one, call ids).
 */
export function probeFunctions(
  render: ProbeRenderer,
  roles: JinjaRoleNames,
  responseEnd: string,
): ProbedFunctions | undefined {
  const user = { role: roles.user, content: userWord };
  const call = { name: functionWord, arguments: { [keyWord]: valueWord } };
  const toolCalls = [{ id: callId, type: "function", function: call }];
  const text = attempt(() =>
    render(
      [
        user,
        { role: roles.model, content: "", tool_calls: toolCalls },
        { role: "tool", name: functionWord, tool_call_id: callId, content: resultWord },
        { role: roles.model, content: finalWord },
      ],
      { tools: probeTools, generate: false },
    ),
  );
  const prompt = attempt(() => render([user], { tools: probeTools }));
  if (text === undefined || prompt === undefined || text.includes(callId)) return undefined;
  const afterUser = text.slice(text.indexOf(userWord) + userWord.length);
  const turnStart = withoutOpenedThought(prompt.slice(prompt.indexOf(userWord) + userWord.length));
  const pattern = new RegExp(`\\{\\s*"${keyWord}":\\s*"${valueWord}"\\s*\\}`);
  const params = pattern.exec(afterUser);
  const name = afterUser.indexOf(functionWord);
  if (!afterUser.startsWith(turnStart) || params === null || name === -1 || name > params.index)
    return undefined;
  const afterParams = afterUser.slice(params.index + params[0].length);
  const result = afterParams.indexOf(resultWord);
  const final = afterParams.indexOf(finalWord);
  if (result === -1 || final < result) return undefined;
  const middle = afterParams.slice(0, result);
  const callEnd = responseEnd === "" ? -1 : middle.indexOf(responseEnd);
  const callPrefix = afterUser.slice(turnStart.length, name);
  if (callPrefix.trim() === "") return undefined;
  const end = callEnd === -1 ? middle.length : callEnd;
  const resultPrefix = middle.slice(end);
  const resultSuffix = afterParams.slice(result + resultWord.length, final);
  return {
    stringifiesResults: resultPrefix.endsWith('"') && resultSuffix.startsWith('"'),
    settings: {
      call: {
        optionalPrefixSpace: true,
        prefix: special(callPrefix),
        paramsPrefix: named(afterUser.slice(name + functionWord.length, params.index)),
        suffix: named(middle.slice(0, end)),
        emptyCallParamsPlaceholder: {},
      },
      result: { prefix: named(resultPrefix), suffix: named(resultSuffix) },
    },
  };
}

/** The beginning of a response, less the thought that the template opens there. */
function withoutOpenedThought(turnStart: string): string {
  const text = turnStart.trimEnd();
  const tag = thoughtTags.find(([open]) => text.endsWith(open.trimEnd()))?.[0].trimEnd();
  return tag === undefined ? turnStart : text.slice(0, text.length - tag.length);
}

/** Template text in which the probe's function stands for any function. */
function named(text: string): LlamaText {
  if (text === "") return none;
  return LlamaText.joinValues("{{functionName}}", text.split(functionWord).map(special));
}

/** The general `||call` syntax, for templates that know nothing of functions. */
export const fallbackFunctions: ChatWrapperSettings["functions"] = defaultChatWrapperSettings.functions;
