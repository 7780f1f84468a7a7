export { LlamaChatSession } from "./chat/session/llama-chat-session.ts";
export { LlamaContext } from "./engine/context/llama-context.ts";
export { LlamaContextSequence } from "./engine/context/llama-context-sequence.ts";
export { getLlama, getLlamaGpuTypes, Llama } from "./engine/llama.ts";
export { LlamaModel } from "./engine/model/llama-model.ts";
export { resolveModelFile } from "./models/resolve-model-file.ts";
