import { randomUUID } from "node:crypto";
import type { LlamaChatResponseFunctionCallParamsChunk } from "../../chat/response/response-chunk.ts";

/** A piece of `delta.tool_calls`. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: "function";
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** Turns the pieces of calls into OpenAI's deltas. */
export class ToolCallChunks {
  readonly #begun = new Map<number, { hasArguments: boolean }>();

  next({
    callIndex: index,
    functionName: name,
    paramsChunk,
    done,
  }: LlamaChatResponseFunctionCallParamsChunk): ToolCallDelta[] {
    const deltas: ToolCallDelta[] = [];
    let call = this.#begun.get(index);
    if (call === undefined) {
      call = { hasArguments: false };
      this.#begun.set(index, call);
      deltas.push({ index, id: newCallId(), type: "function", function: { name, arguments: "" } });
    }
    // A call without parameters has an empty object, so that clients can parse it.
    const text = done && !call.hasArguments && paramsChunk === "" ? "{}" : paramsChunk;
    if (text !== "") {
      call.hasArguments = true;
      deltas.push({ index, function: { arguments: text } });
    }
    return deltas;
  }
}

export function newCallId(): string {
  return `call_${randomUUID().replaceAll("-", "")}`;
}
