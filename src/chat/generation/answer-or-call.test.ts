import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, scripted } from "../../../test/fake/fake-sequence.ts";
import { LlamaJsonSchemaGrammar } from "../../engine/llama-json-schema-grammar.ts";
import type {
  ChatWrapperGenerateContextStateOptions,
  ChatWrapperGeneratedContextState,
} from "../../template/chat-wrapper.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { LlamaChat } from "./llama-chat.ts";

type Beginning = Partial<ChatWrapperGeneratedContextState>;

/** ChatML, with a beginning of responses of its own. */
class OpeningWrapper extends ChatMLChatWrapper {
  readonly #beginning: Beginning;

  constructor(beginning: Beginning) {
    super();
    this.#beginning = beginning;
  }

  override generateContextState(
    options: ChatWrapperGenerateContextStateOptions,
  ): ChatWrapperGeneratedContextState {
    return { ...super.generateContextState(options), ...this.#beginning } as ChatWrapperGeneratedContextState;
  }
}

const say = { type: "response", triggers: [LlamaText("SAY:")] } as const;
const call = { type: "functionCall", triggers: [LlamaText("CALL:")] } as const;
const beginnings = {
  plain: {},
  "by triggers": { prefixTriggers: [call, say], detectFunctionCalls: false },
  "by triggers, an answer otherwise": {
    prefixTriggers: [call, say],
    noPrefixTrigger: { type: "response", inject: LlamaText("SAY:") },
    detectFunctionCalls: false,
  },
  "with a call, unless it says otherwise": {
    functionCall: { initiallyEngaged: true, disengageInitiallyEngaged: [LlamaText("SAY:")] },
  },
} as const satisfies Record<string, object>;
type Name = keyof typeof beginnings;

const functions = { add: { params: { type: "object", properties: { a: { const: 1 } } } } };
const grammar = new LlamaJsonSchemaGrammar({ enum: ["yes", "no"] } as const);

function generate(beginning: Name, writes: string) {
  const next = scripted(({ written }) => {
    const own = written.startsWith("||call: ") && !writes.startsWith("||") ? 'add({"a": 1})' : writes;
    const rest = own === writes ? written : written.slice("||call: ".length);
    return own.startsWith(rest) ? own.slice(rest.length) : "";
  });
  const chat = new LlamaChat({
    contextSequence: new FakeSequence(new FakeModel(), { next }),
    chatWrapper: new OpeningWrapper(beginnings[beginning] as Beginning),
  });
  return chat.generateResponse([{ type: "user", text: "Well?" }], { functions, grammar, maxTokens: 80 });
}

describe("a response that may be a call, or an answer held to a grammar", () => {
  test.each<[Name, string]>([
    ["plain", '||call: add({"a": 1})'],
    ["by triggers", "CALL:"],
    ["by triggers, an answer otherwise", "CALL:"],
    ["with a call, unless it says otherwise", "add"],
  ])("begun %s: a call", async (beginning, writes) => {
    const { functionCalls, response } = await generate(beginning, writes);
    expect(functionCalls).toMatchObject([{ functionName: "add", params: { a: 1 } }]);
    expect(response).toBe("");
  });

  test.each<[Name, string]>([
    ["plain", '"yes"'],
    ["plain", "no idea"],
    ["by triggers", 'SAY:"yes"'],
    ["by triggers", "no idea"],
    ["by triggers, an answer otherwise", 'SAY:"yes"'],
    ["by triggers, an answer otherwise", "no idea"],
    ["with a call, unless it says otherwise", 'SAY:"yes"'],
  ])("begun %s: an answer where the model writes %s", async (beginning, writes) => {
    const { functionCalls, response, metadata } = await generate(beginning, writes);
    if (beginning === "plain" && functionCalls !== undefined) {
      // Where the grammar takes nothing of what the model wants, the beginning of a call is allowed as well.
      expect([writes, response]).toEqual(["no idea", ""]);
      return;
    }
    expect(functionCalls).toBeUndefined();
    expect(metadata.stopReason).toBe("eogToken");
    expect(["yes", "no"]).toContain(JSON.parse(response));
  });
});
