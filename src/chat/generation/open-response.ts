import { segmentTags } from "../../template/chat-wrapper-settings.ts";
import { LlamaText } from "../../template/llama-text.ts";
import type { SegmentBudgets } from "./budgets.ts";
import type { ReplyState } from "./reply-state.ts";

/**
 * Opens the thought that a response begins with: because the rendered prompt already ends inside of one, or because
 * the format wants the engine to write the opening tag.
 */
export function openFirstThought(state: ReplyState, budgets: SegmentBudgets): void {
  const { builder, wrapper, before } = state;
  const thought = wrapper.settings.segments?.thought;
  if (thought === undefined || builder.isOpen("thought")) return;
  const last = before.at(-1);
  const afterCall = typeof last === "object" && last.type === "functionCall";
  if (last !== undefined && !afterCall) return;
  const { prefix } = thought;
  if (typeof prefix === "object" && "type" in prefix) {
    if (!afterCall || prefix.afterFunctionCalls === true) builder.open("thought");
    return;
  }
  if (endsInside(state, LlamaText(prefix))) {
    builder.open("thought");
    return;
  }
  const wanted = afterCall ? thought.reopenAfterFunctionCalls : thought.openOnResponseStart;
  if (wanted !== true || budgets.thought <= 0 || state.options.grammar !== undefined) return;
  builder.open("thought");
  state.insert(segmentTags(wrapper.settings, "thought")?.prefix ?? LlamaText());
}

/** Whether the rendered prompt ends with this opening tag. */
function endsInside(state: ReplyState, prefix: LlamaText): boolean {
  const tag = prefix.toString().trim();
  const tail = state.rendered.state.contextText.values.slice(-4).join("").trimEnd();
  return tag !== "" && tail.endsWith(tag);
}
