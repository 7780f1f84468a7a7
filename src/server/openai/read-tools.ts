import { paramsSchema } from "../../chat/functions/params-schema.ts";
import type { ObjectReader } from "../http/object-reader.ts";
import { FieldError } from "../http/request-error.ts";
import type { Serving } from "../serving.ts";

/** A function as the chat layer takes it. */
interface ToolDefinition {
  readonly description?: string;
  readonly params?: object;
  readonly paramsDialect: "standard";
}

export type ToolDefinitions = Readonly<Record<string, ToolDefinition | undefined>>;

export interface ToolUse {
  /** All tools of the request. */
  readonly definitions: ToolDefinitions;
  /** Those that may be called. */
  readonly callable: Readonly<Record<string, ToolDefinition>>;
  /** Whether the response must be a call. */
  readonly forced: boolean;
  readonly maxParallelCalls: number | undefined;
}

const descriptionLength = 10_000;

/** `tools`, `tool_choice` and `parallel_tool_calls`. */
export function readTools(reader: ObjectReader, serving: Pick<Serving, "limits" | "grammars">): ToolUse {
  const definitions: Record<string, ToolDefinition> = {};
  let bytes = 0;
  for (const tool of reader.objects("tools", serving.limits.tools) ?? []) {
    tool.required("type", tool.oneOf("type", "function"));
    const definition = tool.required("function", tool.object("function"));
    const name = definition.required("name", definition.string("name", 64));
    if (!/^[a-zA-Z0-9_-]+$/.test(name) || name === "__proto__") {
      throw new FieldError(definition.path("name"), "must consist of letters, digits, _ and -");
    }
    if (Object.hasOwn(definitions, name)) throw new FieldError(definition.path("name"), "is used twice");
    const params = definition.object("parameters") && (definition.get("parameters") as object);
    // Each schema takes time before anybody waits for it, so their sum is bounded too.
    bytes += params === undefined ? 0 : Buffer.byteLength(JSON.stringify(params));
    if (bytes > serving.limits.toolBytes) {
      throw new FieldError("tools", `must have schemas of at most ${serving.limits.toolBytes} bytes in all`);
    }
    // An empty object says that there are no parameters.
    const hasParams = params !== undefined && Object.keys(params).length > 0;
    // Calls are written by the chat layer; a schema that it cannot use is refused before anything is written.
    if (params !== undefined)
      serving.grammars.get(paramsSchema(params, "standard"), definition.path("parameters"));
    definitions[name] = {
      description: definition.string("description", descriptionLength),
      ...(hasParams ? { params } : {}),
      paramsDialect: "standard",
    };
  }
  const isParallel = reader.boolean("parallel_tool_calls") ?? true;
  return {
    definitions,
    ...readChoice(reader, definitions),
    maxParallelCalls: isParallel ? undefined : 1,
  };
}

function readChoice(
  reader: ObjectReader,
  definitions: ToolUse["callable"],
): Pick<ToolUse, "callable" | "forced"> {
  const choice = reader.get("tool_choice");
  if (typeof choice === "object") {
    const named = reader.object("tool_choice")!;
    named.required("type", named.oneOf("type", "function"));
    const target = named.required("function", named.object("function"));
    const name = target.required("name", target.string("name", 64));
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (definition === undefined) throw new FieldError(target.path("name"), "is not among the tools");
    return { callable: { [name]: definition }, forced: true };
  }
  const mode = reader.oneOf("tool_choice", "auto", "none", "required") ?? "auto";
  if (mode === "none") return { callable: {}, forced: false };
  if (mode === "required" && Object.keys(definitions).length === 0) {
    throw new FieldError("tool_choice", "requires a call, but there are no tools");
  }
  return { callable: definitions, forced: mode === "required" };
}
