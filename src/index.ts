export { getLlama, getLlamaGpuTypes, Llama } from "./engine/llama.ts";
