import { FakeModel } from "../fake/fake-model.ts";
import { FakeSequence } from "../fake/fake-sequence.ts";
import { describeChatSession } from "./chat-session.contract.ts";
import { describeContextSequence } from "./context-sequence.contract.ts";

const letters = (tokens: readonly number[]) => (97 + ((tokens.at(-1)! + 1) % 26)) as never;

describeContextSequence("the fake engine", {
  create: () => new FakeSequence(new FakeModel(), { contextSize: 256, next: letters }),
});

describeChatSession("the fake engine", {
  create: () => new FakeSequence(new FakeModel(), { contextSize: 1024, next: letters }),
});
