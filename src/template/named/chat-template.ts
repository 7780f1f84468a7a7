import { ColloquyError } from "../../base/errors.ts";

/** Where a message stands in the text of its role. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the mark of the template files, not a JavaScript template
export const messageMark = "${MESSAGE}";

/**
 * A chat format as plain JSON: one text per role, with `${MESSAGE}` where the message stands. The role `first` is used
 * for the message after the system message (for the first one, when there is no role `system`). The text that opens a
 * response belongs to the text of `user`.
 */
export interface ChatTemplate {
  readonly system?: string;
  readonly first?: string;
  readonly user: string;
  readonly bot: string;
  readonly tool_response?: string;
  /** A regular expression whose first group is a call as JSON. */
  readonly tool_call?: string;
  /** Texts that end a response. Default: the vocabulary's end token. */
  readonly stop?: readonly string[];
  /** The system prompt of a new chat. */
  readonly system_prompt?: string;
  /** Any other role. */
  readonly [role: string]: string | readonly string[] | undefined;
}

const otherKeys = ["tool_call", "tool_spec", "stop", "system_prompt"];

/** The roles that a template knows. */
export function templateRoles(template: ChatTemplate): string[] {
  return Object.keys(template).filter((key) => !otherKeys.includes(key));
}

/** What stands before and after the messages of a role; `undefined` when the template does not know the role. */
export function templateRole(
  template: ChatTemplate,
  role: string,
): { readonly prefix: string; readonly suffix: string } | undefined {
  const text = otherKeys.includes(role) || !Object.hasOwn(template, role) ? undefined : template[role];
  if (typeof text !== "string") return undefined;
  const [prefix = "", suffix = ""] = text.split(messageMark);
  return { prefix, suffix };
}

/**
 * Reads a template from JSON text or an object, and freezes a copy of it.
 * A `stop` that is a single text becomes a list.
 *
 * @throws ColloquyError `template-invalid` when it is not JSON, lacks `user` or `bot`, or a role does not hold
 * `${MESSAGE}` exactly once
 * @example parseChatTemplate('{"user": "Q: ${MESSAGE}\\nA:", "bot": "${MESSAGE}\\n", "stop": ["Q:"]}')
 */
export function parseChatTemplate(input: string | object): ChatTemplate {
  const value = typeof input === "string" ? parseJson(input) : input;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("A chat template is a JSON object with one text per role");
  const template: Record<string, string | readonly string[]> = {};
  for (const [key, text] of Object.entries(value)) {
    if (text === null || text === undefined) continue;
    template[key] = key === "stop" ? parseStop(text) : parseText(key, text);
  }
  for (const role of ["user", "bot"])
    if (template[role] === undefined) throw invalid(`The chat template has no role "${role}"`);
  return Object.freeze(template) as ChatTemplate;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid("The chat template is not JSON", cause);
  }
}

function parseStop(value: unknown): readonly string[] {
  const list = typeof value === "string" ? [value] : value;
  if (!Array.isArray(list) || !list.every((item) => typeof item === "string" && item !== ""))
    throw invalid('"stop" of a chat template is a list of texts');
  return Object.freeze([...list]);
}

function parseText(key: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(`"${key}" of a chat template is a text`);
  const marks = value.split(messageMark).length - 1;
  if (!otherKeys.includes(key) && marks !== 1)
    throw invalid(`The role "${key}" of a chat template holds ${messageMark} ${marks} times instead of once`);
  if (key === "tool_call") parsePattern(value);
  return value;
}

function parsePattern(source: string): void {
  try {
    new RegExp(source, "s");
  } catch (cause) {
    throw invalid('"tool_call" of a chat template is a regular expression', cause);
  }
}

function invalid(message: string, cause?: unknown): ColloquyError {
  return new ColloquyError("template-invalid", message, { cause });
}
