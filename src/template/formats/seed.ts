import { isChatModelResponseSegment } from "../chat-history-items.ts";
import { eos, type FormatDescription, none, type RoleFormat, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";

function seedRole(role: string): RoleFormat {
  return { prefix: special(`<seed:bos>${role}\n`), suffix: special("<seed:eos>") };
}

const emptyThought = LlamaText(
  special("<seed:think>\n<seed:cot_budget_reflect>"),
  "The current thinking budget is 0, so I will directly start answering the question.",
  special("</seed:cot_budget_reflect>\n</seed:think>"),
);

/** Tokens between two looks at the budget, by the largest budget it is meant for; from the model's template. */
const reflectionIntervals: readonly (readonly [budgetMax: number, interval: number])[] = [
  [0, 0],
  [512, 128],
  [1024, 256],
  [2048, 512],
  [4096, 512],
  [Number.POSITIVE_INFINITY, 1024],
];

function budgetText(budget: number): string {
  if (budget === 0)
    return (
      "You are an intelligent assistant that can answer questions in one step without the need for reasoning and thinking, " +
      "that is, your thinking budget is 0. Next, please skip the thinking process and directly start answering the user's questions."
    );
  const interval = reflectionIntervals.find(([budgetMax]) => budget <= budgetMax)?.[1];
  return (
    "You are an intelligent assistant with reflective ability. In the process of thinking and reasoning, you need to strictly follow " +
    `the thinking budget, which is ${budget}. That is, you need to complete your thinking within ${budget} tokens and start answering ` +
    `the user's questions. You will reflect on your thinking process every ${interval} tokens, stating how many tokens have been used and how many are left.`
  );
}

/** ByteDance Seed-OSS. `thinkingBudget` in tokens; `null` leaves it to the model, 0 means no thinking. */
export function seedFormat({ thinkingBudget }: { thinkingBudget: number | null }): FormatDescription {
  const hasBudget = thinkingBudget !== null && thinkingBudget >= 0;
  return {
    name: "Seed",
    settings: {
      supportsSystemMessages: true,
      functions: {
        call: {
          optionalPrefixSpace: true,
          prefix: special("<seed:tool_call>\n<function="),
          paramsPrefix: special(">\n"),
          suffix: special("\n</function>\n</seed:tool_call>"),
          emptyCallParamsPlaceholder: {},
        },
        result: {
          prefix: special("<seed:eos><seed:bos>tool\n"),
          suffix: special("<seed:eos><seed:bos>assistant\n"),
        },
      },
      segments: {
        thought: {
          prefix: special("<seed:think>"),
          suffix: special("</seed:think>\n"),
          reopenAfterFunctionCalls: thinkingBudget !== 0,
        },
      },
    },
    start: none,
    system: seedRole("system"),
    user: seedRole("user"),
    model: seedRole("assistant"),
    joined: ["system"],
    systemEnd: hasBudget
      ? LlamaText(seedRole("system").prefix, budgetText(thinkingBudget), special("<seed:eos>"))
      : undefined,
    openResponseStart: thinkingBudget === 0 ? emptyThought : undefined,
    mapResponse: (response, isLast) =>
      thinkingBudget === 0 && !isLast && !response.some((item) => isChatModelResponseSegment(item))
        ? [
            { type: "segment", segmentType: "thought", text: "", ended: true, raw: emptyThought.toJSON() },
            ...response,
          ]
        : response,
    functions: {
      placement: "afterSystem",
      describe: (documentation, options) =>
        LlamaText.joinValues("\n", [
          "Tool List:",
          "You are authorized to use the following tools (described in JSON Schema format). Before performing any task, you must decide how to call them based on the descriptions and parameters of these tools.",
          documentation.getSeedFunctionSignatures(options),
          "When invoking tools, strictly adhere to the following format:",
          special(
            '<seed:tool_call>\n<function=example_function_name>\n{"example_parameter_1": "value_1"}\n</function>\n</seed:tool_call>',
          ),
        ]),
    },
    stop: [eos, special("<seed:eos>"), LlamaText("<seed:eos>")],
  };
}
