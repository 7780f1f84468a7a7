import { architectureOf, type GgufFileInfo } from "../../gguf/gguf-file-info.ts";
import { parseModelReference } from "../../models/model-reference.ts";
import { readGgufFileInfo } from "../../models/read-gguf-file-info.ts";
import { resolveModelFile } from "../../models/resolve-model-file.ts";
import { explainChatWrapper } from "../../template/resolve-chat-wrapper.ts";

export interface InspectOptions {
  /** All metadata as JSON instead of a summary. */
  readonly json?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * What a model's file says about itself.
 * @throws ColloquyError as `readGgufFileInfo`
 */
export async function inspectModel(pathOrUri: string, options: InspectOptions = {}): Promise<string> {
  const isPath = parseModelReference(pathOrUri).kind === "path";
  const source = isPath ? await resolveModelFile(pathOrUri, { download: false, cli: false }) : pathOrUri;
  const info = await readGgufFileInfo(source, { signal: options.signal });
  return options.json ? JSON.stringify(info.metadata, jsonValue, 2) : summary(info, source);
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function summary(info: GgufFileInfo, source: string): string {
  const architecture = architectureOf(info);
  const own = (key: string) => info.metadataValues.get(`${architecture}.${key}`);
  const elements = (info.fullTensorInfo ?? []).reduce(
    (sum, { dimensions }) => sum + dimensions.reduce((product, length) => product * length, 1),
    0,
  );
  const vocabulary =
    info.skippedArrays.get("tokenizer.ggml.tokens")?.length ??
    lengthOf(info.metadataValues.get("tokenizer.ggml.tokens"));
  const template = info.metadataValues.get("tokenizer.chat_template");
  const choice = explainChatWrapper({ fileInfo: info, filename: source, architecture });
  const rows: [string, unknown][] = [
    ["file", source],
    [
      "size",
      `${(info.totalFileSize / 1e6).toFixed(1)} MB${info.splicedParts > 1 ? ` in ${info.splicedParts} parts` : ""}`,
    ],
    ["GGUF version", info.version],
    ["name", info.metadataValues.get("general.name")],
    ["architecture", architecture],
    ["licence", info.metadataValues.get("general.license")],
    ["parameters", elements > 0 ? `${(elements / 1e6).toFixed(1)} million` : undefined],
    ["tensors", info.totalTensorCount],
    ["layers", own("block_count")],
    ["embedding length", own("embedding_length")],
    ["context", own("context_length") === undefined ? undefined : `${own("context_length")} tokens`],
    ["sliding window", own("attention.sliding_window")],
    ["vocabulary", vocabulary === undefined ? undefined : `${vocabulary} tokens`],
    ["tokenizer", info.metadataValues.get("tokenizer.ggml.model")],
    ["chat template", typeof template === "string" ? `${template.length} characters` : "none"],
    ["chat wrapper", `${choice.wrapper.wrapperName} (${choice.reason}: ${choice.detail})`],
  ];
  const shown = rows.filter(([, value]) => value !== undefined);
  return shown.map(([label, value]) => `${label.padEnd(17)} ${value}`).join("\n");
}

function lengthOf(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}
