import { basename } from "node:path";
import { UnsupportedError } from "../../base/errors.ts";
import { LlamaVocabularyType } from "../../engine/model/vocabulary.ts";
import type { HttpEndpoint } from "../http/http-endpoint.ts";
import { asCount, asList, asObject, type JsonObject } from "../read-answer.ts";
import type { ServedVocabularyFacts } from "../vocabulary/served-vocabulary.ts";

/** Tokens asked for in one request. */
const batchSize = 16_384;
const vocabularySizeMax = 4_000_000;

const encoder = new TextEncoder();

/** Asks one server for one vocabulary. */
interface Asker {
  post(path: string, body: JsonObject): Promise<JsonObject>;
}

/**
 * The vocabulary of the model that a llama-server serves, by what its HTTP interface tells:
 * - `/tokenize` gives back ids that it is sent, and with `with_pieces` the bytes that they stand for;
 * - a token is special when its text becomes it with `parse_special` alone;
 * - `ignore_eos` forbids the tokens that end a generation, and `/completion` lists what it forbids.
 * @throws UnsupportedError naming what the server does not tell
 */
export async function readServedVocabulary(
  endpoint: HttpEndpoint,
  modelName: string,
  signal?: AbortSignal,
): Promise<ServedVocabularyFacts> {
  const asker: Asker = {
    post: async (path, body) => asObject(await endpoint.json(path, { body, signal }), path),
  };
  const props = asObject(await endpoint.json("/props", { signal }), "/props");
  const { vocab_type, n_vocab, n_ctx_train } = await modelMeta(endpoint, modelName, signal);
  const size = asCount(n_vocab, "n_vocab");
  if (size === 0 || size > vocabularySizeMax) throw new UnsupportedError(`A vocabulary of ${size} tokens`);
  const [bosString, eosString] = [nameOf(props.bos_token), nameOf(props.eos_token)];
  const pieces = await readPieces(asker, size);
  const separator = await singleToken(asker, eosString ?? bosString);
  return {
    type: Object.values(LlamaVocabularyType)[asCount(vocab_type, "vocab_type")] ?? "none",
    pieces,
    specialTokens: await findSpecialTokens(asker, pieces, separator),
    endTokens: await findEndTokens(asker, modelName, separator),
    bosString,
    eosString,
    ...(await additions(asker, bosString, eosString)),
    metadata: {
      ...(nameOf(props.chat_template) === null ? {} : { "tokenizer.chat_template": props.chat_template }),
      ...(nameOf(props.model_alias) === null ? {} : { "general.name": props.model_alias }),
    },
    filename: basename(nameOf(props.model_path) ?? modelName),
    trainContextSize: asCount(n_ctx_train, "n_ctx_train"),
  };
}

function nameOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** What `/v1/models` says of the model, or of the only one. */
async function modelMeta(
  endpoint: HttpEndpoint,
  modelName: string,
  signal: AbortSignal | undefined,
): Promise<JsonObject> {
  const { data } = asObject(await endpoint.json("/v1/models", { signal }), "/v1/models");
  const models = asList(data, "data").map((model) => asObject(model, "a model"));
  const model = models.find(({ id }) => id === modelName) ?? models[0];
  if (model === undefined || typeof model.meta !== "object" || model.meta === null)
    throw new UnsupportedError("This llama-server does not describe its vocabulary at /v1/models", {
      hint: "give the model's file as modelPath",
    });
  return model.meta as JsonObject;
}

async function readPieces(asker: Asker, size: number): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  while (pieces.length < size) {
    const content = Array.from(
      { length: Math.min(batchSize, size - pieces.length) },
      (_, index) => pieces.length + index,
    );
    const { tokens } = await asker.post("/tokenize", { content, with_pieces: true });
    const told = asList(tokens, "tokens") as readonly { readonly id?: unknown; readonly piece?: unknown }[];
    // A server that does not know the field answers with bare ids.
    if (told.length !== content.length || told.some((token, index) => token?.id !== content[index]))
      throw new UnsupportedError("This llama-server does not tell the pieces of token ids", {
        hint: "give the model's file as modelPath",
      });
    for (const { piece } of told) pieces.push(pieceBytes(piece));
  }
  return pieces;
}

/** A text, or a list of bytes where these are no text. */
function pieceBytes(piece: unknown): Uint8Array {
  if (typeof piece === "string") return encoder.encode(piece);
  return Uint8Array.from(asList(piece, "piece"), (byte) => asCount(byte, "a byte"));
}

async function tokenize(asker: Asker, content: unknown, parseSpecial: boolean): Promise<number[]> {
  const { tokens } = await asker.post("/tokenize", { content, parse_special: parseSpecial });
  return asList(tokens, "tokens").map((id) => asCount(id, "a token"));
}

/** A special token to put between texts: no plain text has it. */
async function singleToken(asker: Asker, name: string | null): Promise<number> {
  const tokens = name === null ? [] : await tokenize(asker, name, true);
  if (tokens.length === 1) return tokens[0]!;
  throw new UnsupportedError("This llama-server names no token that ends a text", {
    hint: "give the model's file as modelPath",
  });
}

/** Tokens of several texts with one request. */
async function tokenizeEach(
  asker: Asker,
  texts: readonly string[],
  separator: number,
  parseSpecial: boolean,
): Promise<number[][]> {
  const content = texts.flatMap((text) => [separator, text]);
  const found: number[][] = [];
  for (const token of await tokenize(asker, content, parseSpecial))
    if (token === separator) found.push([]);
    else found.at(-1)?.push(token);
  if (found.length !== texts.length) throw new UnsupportedError("The separator is a part of other tokens");
  return found;
}

async function findSpecialTokens(
  asker: Asker,
  pieces: readonly Uint8Array[],
  separator: number,
): Promise<Set<number>> {
  const special = new Set([separator]);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let texts: { id: number; text: string }[] = [];
  for (const [id, piece] of pieces.entries()) {
    // What stands for no text is an unused place of the vocabulary.
    if (piece.length === 0) special.add(id);
    else if (id !== separator) {
      try {
        texts.push({ id, text: decoder.decode(piece) });
      } catch {
        // A part of a character is never special.
      }
    }
  }
  for (const parseSpecial of [false, true]) {
    const left: typeof texts = [];
    for (let start = 0; start < texts.length; start += batchSize) {
      const part = texts.slice(start, start + batchSize);
      const tokens = await tokenizeEach(
        asker,
        part.map(({ text }) => text),
        separator,
        parseSpecial,
      );
      const isItself = ({ id }: { id: number }, index: number) =>
        tokens[index]!.length === 1 && tokens[index]![0] === id;
      left.push(...part.filter((entry, index) => isItself(entry, index) === parseSpecial));
    }
    texts = left;
  }
  for (const { id } of texts) special.add(id);
  return special;
}

async function findEndTokens(asker: Asker, modelName: string, token: number): Promise<Set<number>> {
  const { generation_settings } = await asker.post("/completion", {
    model: modelName,
    prompt: [token],
    n_predict: 1,
    ignore_eos: true,
    temperature: 0,
  });
  const { logit_bias } = asObject(generation_settings, "generation_settings");
  const ends = asList(logit_bias, "logit_bias").map((bias) =>
    asCount(asObject(bias, "a bias").token, "a token"),
  );
  if (ends.length > 0) return new Set(ends);
  throw new UnsupportedError("This llama-server does not tell which tokens end a generation", {
    hint: "give the model's file as modelPath",
  });
}

/** What the server's tokenizer itself puts around a text. */
async function additions(asker: Asker, bos: string | null, eos: string | null) {
  const text = "a";
  const withAdded = await asker.post("/tokenize", { content: text, add_special: true });
  const tokens = asList(withAdded.tokens, "tokens");
  const isToken = async (token: unknown, name: string | null) =>
    name !== null && (await tokenize(asker, name, true))[0] === token;
  return {
    prependsBos: tokens.length > 1 && (await isToken(tokens[0], bos)),
    appendsEos: tokens.length > 1 && (await isToken(tokens.at(-1), eos)),
  };
}
