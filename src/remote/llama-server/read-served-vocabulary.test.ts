import { afterEach, describe, expect, test } from "vitest";
import { ImitationServer, sendJson } from "../../../test/remote/imitation-server.ts";
import type { Token } from "../../engine/token.ts";
import { HttpEndpoint } from "../http/http-endpoint.ts";
import { ServedVocabulary } from "../vocabulary/served-vocabulary.ts";
import { readServedVocabulary } from "./read-served-vocabulary.ts";

let server: ImitationServer | undefined;
afterEach(() => server?.close());

/** Two special tokens, an unused place, then one token for each byte. */
const names = ["<s>", "<end>", ""];
const size = names.length + 256;

function encode(content: unknown, parseSpecial: boolean): number[] {
  const parts = Array.isArray(content) ? content : [content];
  return parts.flatMap((part) => {
    if (typeof part === "number") return [part];
    const texts = parseSpecial ? String(part).split(/(<s>|<end>)/) : [String(part)];
    return texts.flatMap((text) => {
      const id = parseSpecial && text !== "" ? names.indexOf(text) : -1;
      return id >= 0 ? [id] : [...new TextEncoder().encode(text)].map((byte) => byte + names.length);
    });
  });
}

function pieceOf(id: number): string | number[] {
  const byte = id - names.length;
  if (byte < 0) return names[id]!;
  return byte < 0x80 ? String.fromCharCode(byte) : [byte];
}

interface Faults {
  meta?: object | null;
  pieces?: boolean;
  eos?: string;
  ends?: object[];
}

async function read(faults: Faults = {}) {
  const { eos = "<end>", ends = [{ token: 1, bias: null }], pieces = true } = faults;
  const meta = faults.meta === undefined ? { vocab_type: 2, n_vocab: size, n_ctx_train: 77 } : faults.meta;
  server = new ImitationServer(({ path, body }, response) => {
    if (path === "/props")
      return sendJson(response, {
        bos_token: "<s>",
        eos_token: eos,
        chat_template: "template",
        model_path: "/models/a.gguf",
      });
    if (path === "/v1/models") return sendJson(response, { data: [{ id: "served", meta }] });
    if (path === "/completion")
      return sendJson(response, { generation_settings: { logit_bias: body.ignore_eos ? ends : [] } });
    const tokens = encode(body.content, body.parse_special === true);
    if (body.add_special) tokens.unshift(0);
    if (!body.with_pieces || !pieces) return sendJson(response, { tokens });
    sendJson(response, { tokens: tokens.map((id) => ({ id, piece: pieceOf(id) })) });
  });
  const endpoint = new HttpEndpoint({ url: await server.listen(), sessionHeader: "x-key" });
  return readServedVocabulary(endpoint, "served");
}

describe("the vocabulary that a llama-server tells", () => {
  test("is complete: bytes, special tokens, ends and names", async () => {
    const facts = await read();
    expect([...facts.specialTokens].sort()).toEqual([0, 1, 2]);
    expect([...facts.endTokens]).toEqual([1]);
    expect(facts).toMatchObject({ prependsBos: true, appendsEos: false, filename: "a.gguf", type: "bpe" });
    let asked = 0;
    const vocabulary = new ServedVocabulary(facts, (text, special) => {
      asked++;
      return encode(text, special) as Token[];
    });
    const tokens = vocabulary.tokenize("é<end>", true);
    const before = asked;
    expect(vocabulary.tokenize("é<end>", true)).toEqual(tokens);
    expect(asked).toBe(before);
    expect(vocabulary.detokenize(tokens)).toBe("é");
    expect(vocabulary.detokenize(tokens, true)).toBe("é<end>");
    expect(vocabulary.tokens).toMatchObject({ bos: 0, eos: 1, eot: null, shouldPrependBosToken: true });
    expect(vocabulary.tokenBytes(1 as Token)).toHaveLength(0);
    expect(vocabulary.tokenBytes((names.length + 0xc3) as Token)).toEqual(Uint8Array.of(0xc3));
    expect(() => vocabulary.detokenize([size as Token])).toThrow("vocabulary");
    await vocabulary.dispose();
    expect(() => vocabulary.tokenize("é<end>")).toThrow("disposed");
  });

  test("two vocabularies are two, the same one twice is one", async () => {
    const facts = await read();
    const never = () => [] as Token[];
    const again = new ServedVocabulary(facts, never).fingerprint;
    expect(new ServedVocabulary(facts, never).fingerprint).toBe(again);
    const pieces = facts.pieces.map((piece, id) => (id === 50 ? Uint8Array.of(1, 2) : piece));
    expect(new ServedVocabulary({ ...facts, pieces }, never).fingerprint).not.toBe(again);
  });

  test.each<[string, Faults, string]>([
    ["its size", { meta: null }, "/v1/models"],
    ["pieces", { pieces: false }, "does not tell the pieces"],
    ["what ends a generation", { ends: [] }, "end a generation"],
    ["a special token", { eos: "no token" }, "names no token"],
  ])("a server that does not tell %s is refused", async (_, faults, message) => {
    await expect(read(faults)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(message),
    });
  });
});
