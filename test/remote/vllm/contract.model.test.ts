import { afterAll, beforeAll, describe } from "vitest";
import { describeChatSession } from "../../contract/chat-session.contract.ts";
import { describeContextSequence } from "../../contract/context-sequence.contract.ts";
import { describeTokenByToken } from "../../contract/token-by-token.contract.ts";
import { openVllm, type ServedVllm, vllmUrl } from "./served-vllm.ts";

describe.skipIf(vllmUrl === undefined)("vLLM itself: needs COLLOQUY_VLLM_URL", () => {
  let served: ServedVllm;
  beforeAll(async () => {
    served = await openVllm();
  });
  afterAll(() => served?.llama.dispose());

  describeContextSequence("vLLM", {
    // 128 on a CPU, 16 on most GPUs.
    cacheBlock: 128,
    create: async () => (await served.model.createContext({ contextSize: 256 })).getSequence(),
  });

  describeTokenByToken("vLLM", {
    create: async () => (await served.model.createContext({ contextSize: 256, sequences: 2 })).getSequence(),
  });

  describeChatSession("vLLM", {
    create: async () => (await served.model.createContext({ contextSize: 1024 })).getSequence(),
  });
});
