import { InvalidArgumentError } from "../base/errors.ts";
import type { SchemaDialect } from "../grammar/json-schema/index.ts";
import type { ChatModelFunctions } from "./chat-history-items.ts";
import { jsonDumps } from "./json-dumps.ts";
import { typescriptTypeOfSchema } from "./typescript-type-of-schema.ts";

export interface DocumentFunctionsOptions {
  /** Describe the parameters. Default `true`. */
  documentParams?: boolean;
}

/** A function as the OpenAI-style `tools` list holds it; the form that Jinja templates expect. */
export interface JinjaTool {
  type: "function";
  function: { name: string; description?: string; parameters?: object };
}

/**
 * Describes functions to a model, in the several ways in which models were trained to read them.
 *
 * @example
 * new ChatModelFunctionsDocumentationGenerator({getDate: {description: "Today"}}).getTypeScriptFunctionSignatures()
 * // "// Today\nfunction getDate();"
 */
export class ChatModelFunctionsDocumentationGenerator {
  readonly chatModelFunctions: ChatModelFunctions | undefined;
  readonly hasAnyFunctions: boolean;

  constructor(chatModelFunctions: ChatModelFunctions | undefined) {
    this.chatModelFunctions = chatModelFunctions;
    this.hasAnyFunctions = Object.keys(chatModelFunctions ?? {}).length > 0;
  }

  /** `function name(params: {…});`, each under its description as a comment. */
  getTypeScriptFunctionSignatures({ documentParams = true }: DocumentFunctionsOptions = {}): string {
    return this.#describe(({ name, params, paramsDialect }) => {
      const type =
        documentParams && params !== undefined ? `: ${typescriptTypeOfSchema(params, paramsDialect)}` : "";
      return `function ${name}(${params === undefined ? "" : `params${type}`});`;
    });
  }

  /**
   * `type name = (_: {…}) => any;`, each under its description as a comment.
   * @throws ColloquyError `invalid-argument` when a function has a reserved name
   */
  getTypeScriptFunctionTypes({
    documentParams = true,
    reservedFunctionNames = [],
  }: DocumentFunctionsOptions & { reservedFunctionNames?: readonly string[] } = {}): string {
    return this.#describe(({ name, params, paramsDialect }) => {
      if (reservedFunctionNames.includes(name))
        throw new InvalidArgumentError(`The function name "${name}" is reserved by the chat format`);
      const type =
        documentParams && params !== undefined ? `_: ${typescriptTypeOfSchema(params, paramsDialect)}` : "";
      return `type ${name} = (${type}) => any;`;
    });
  }

  /** Llama 3.1: a sentence and a JSON line for each function. */
  getLlama3_1FunctionSignatures(options: DocumentFunctionsOptions = {}): string {
    return this.#entries()
      .map((entry) => {
        const purpose = entry.description === undefined ? "." : ` to: ${entry.description}`;
        return `Use the function '${entry.name}'${purpose}\n${jsonDumps(signature(entry, options))}`;
      })
      .join("\n\n");
  }

  /** Llama 3.2 (1B, 3B): a JSON line for each function. */
  getLlama3_2LightweightFunctionSignatures(options: DocumentFunctionsOptions = {}): string {
    return this.#entries()
      .map((entry) => jsonDumps(signature(entry, options)))
      .join("\n\n");
  }

  /** Qwen: a JSON line for each tool. */
  getQwenFunctionSignatures(options: DocumentFunctionsOptions = {}): string {
    return this.toJinjaTools(options).map(jsonDumps).join("\n");
  }

  /** Seed: one JSON list of tools. */
  getSeedFunctionSignatures(options: DocumentFunctionsOptions = {}): string {
    return jsonDumps(this.toJinjaTools(options));
  }

  /** The list that a Jinja template gets as `tools`. */
  toJinjaTools(options: DocumentFunctionsOptions = {}): JinjaTool[] {
    return this.#entries().map((entry) => ({ type: "function", function: signature(entry, options) }));
  }

  #describe(line: (entry: FunctionEntry) => string): string {
    return this.#entries()
      .map((entry) => {
        const comment =
          entry.description === undefined ? "" : `// ${entry.description.replaceAll("\n", "\n// ")}\n`;
        return comment + line(entry);
      })
      .join("\n\n");
  }

  #entries(): FunctionEntry[] {
    return Object.entries(this.chatModelFunctions ?? {}).map(([name, definition]) => ({
      name,
      description: definition.description?.trim() ? definition.description : undefined,
      params: definition.params ?? undefined,
      paramsDialect: definition.paramsDialect,
    }));
  }
}

interface FunctionEntry {
  readonly name: string;
  readonly description: string | undefined;
  readonly params: object | undefined;
  readonly paramsDialect: SchemaDialect | undefined;
}

function signature(
  { name, description, params }: FunctionEntry,
  { documentParams = true }: DocumentFunctionsOptions,
) {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(documentParams && params !== undefined ? { parameters: params } : {}),
  };
}
