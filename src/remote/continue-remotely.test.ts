import { describe, expect, test } from "vitest";
import { FakeModel } from "../../test/fake/fake-model.ts";
import { hashNext } from "../../test/fake/fake-sequence.ts";
import { UnsupportedError } from "../base/errors.ts";
import type { GeneratedToken, GenerateFinish } from "../engine/context-sequence.ts";
import { createRandom } from "../engine/sampling/random.ts";
import type { Token } from "../engine/token.ts";
import { tokenTrieOf } from "../engine/token-trie-of.ts";
import { compileGrammar } from "../grammar/compiled-grammar.ts";
import { parseGbnf } from "../grammar/gbnf/parse-gbnf.ts";
import { lazyMatcher } from "../grammar/lazy/lazy-matcher.ts";
import type { GrammarMatcher } from "../grammar/matcher.ts";
import { continueRemotely, type RemoteContinuation } from "./continue-remotely.ts";
import { TransportError } from "./http/transport-error.ts";
import type { RemoteEngine, RemoteEvent, RemoteRequest } from "./remote-engine.ts";
import { remoteSampling } from "./remote-sampling.ts";

const model = new FakeModel();
const prompt = model.tokenize("hi");

/** An engine whose greedy text is a function of the tokens before; `fault` decides how a stream goes wrong. */
class FakeEngine implements RemoteEngine {
  readonly type = "llama-server";
  readonly requests: RemoteRequest[] = [];
  readonly completions: RemoteRequest[] = [];
  fault: (position: number) => "none" | "cut" | "throw" | "untold" = () => "none";

  async facts() {
    return { contextSize: 1000, modelName: "fake" };
  }
  async tokenize(text: string) {
    return model.tokenize(text);
  }
  async readVocabulary(): Promise<never> {
    throw new Error("not asked for");
  }
  check() {}

  async *stream(request: RemoteRequest): AsyncGenerator<RemoteEvent, void, void> {
    this.requests.push(request);
    yield { type: "cached", tokens: 1 };
    const walk = this.#walk(request);
    for (let count = 0; count < request.maxTokens; count++) {
      const fault = this.fault(request.promptIds.length + count);
      if (fault === "cut") return;
      if (fault === "throw") throw new TransportError("broken");
      if (fault === "untold") return yield { type: "untold", count: 2 };
      const token = walk();
      yield { type: "token", token };
      if (model.isEogToken(token)) return yield { type: "finish", reason: "eog", cachedTokens: 1 };
    }
    yield { type: "finish", reason: "length", cachedTokens: 1 };
  }

  async complete(request: RemoteRequest) {
    this.completions.push(request);
    const walk = this.#walk(request);
    const tokens: Token[] = [];
    while (tokens.length < request.maxTokens && !model.isEogToken(tokens.at(-1))) tokens.push(walk());
    const finish = { type: "finish", reason: "length", cachedTokens: undefined } as const;
    return { tokens, finish };
  }

  #walk({ promptIds, grammar, sampling: { tokenBias } }: RemoteRequest): () => Token {
    const tokens = [...promptIds];
    const matcher = grammar && compileGrammar(parseGbnf(grammar)).matcher(tokenTrieOf(model));
    return () => {
      let token = hashNext(tokens, model);
      while (tokenBias && !tokenBias.has(token)) token = ((token + 1) % model.vocabularySize) as Token;
      if (matcher) {
        while (!matcher.allows(token)) token = ((token + 1) % model.vocabularySize) as Token;
        matcher.accept(token);
      }
      tokens.push(token);
      return token;
    };
  }
}

function continuation(engine: RemoteEngine, more: Partial<RemoteContinuation> = {}): RemoteContinuation {
  return {
    engine,
    modelName: "fake",
    sampling: remoteSampling(),
    grammar: undefined,
    maxTokens: 60,
    logprobs: 0,
    contextSize: 1000,
    sessionKey: "key",
    signal: new AbortController().signal,
    retries: 3,
    retryDelayMs: 0,
    isEndToken: (token) => model.isEogToken(token),
    tokenBytes: (token) => model.tokenBytes(token),
    onRequest: () => {},
    onCached: () => {},
    checkWorker: async () => {},
    onBroken: () => {},
    ...more,
  };
}

async function all(stream: AsyncGenerator<GeneratedToken, GenerateFinish, void>) {
  const tokens: Token[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done) return { tokens, finish: next.value };
    tokens.push(next.value.token);
  }
}

const grammarOf = (gbnf: string): GrammarMatcher =>
  compileGrammar(parseGbnf(gbnf)).matcher(tokenTrieOf(model));

describe("a generation over requests", () => {
  test("is one request where nothing breaks", async () => {
    const engine = new FakeEngine();
    const { tokens, finish } = await all(continueRemotely(continuation(engine), prompt));
    expect(engine.requests).toHaveLength(1);
    expect(finish.reason === "length" ? tokens.length : 60).toBe(60);
  });

  test.each([undefined, 'root ::= ("a" | [b-z] " ")* "你" [0-9]{20}'])(
    "random faults change no token, with the grammar %s",
    async (gbnf) => {
      const random = createRandom(9);
      for (let round = 0; round < 60; round++) {
        const target = model.tokenize(`prompt ${round}`);
        const calm = await all(
          continueRemotely(
            continuation(new FakeEngine(), { grammar: gbnf && grammarOf(gbnf) } as object),
            target,
          ),
        );
        const engine = new FakeEngine();
        let faults = 0;
        engine.fault = () => {
          if (random.next() > 0.15) return "none";
          faults++;
          return (["cut", "throw", "untold"] as const)[Math.floor(random.next() * 3)]!;
        };
        const more = { grammar: gbnf && grammarOf(gbnf), retries: 50 } as object;
        expect(await all(continueRemotely(continuation(engine, more), target))).toEqual(calm);
        if (faults > 0) expect(engine.requests.length + engine.completions.length).toBeGreaterThan(1);
      }
    },
  );

  test("tokens inside of a character are told with the one that completes it, unless they are the last", async () => {
    const engine = new FakeEngine();
    const bytes = [...Buffer.from("你é")] as Token[];
    engine.stream = async function* (request) {
      engine.requests.push(request);
      for (const token of bytes.slice(0, engine.requests.length === 1 ? 2 : request.maxTokens))
        yield { type: "token", token };
      if (engine.requests.length > 1) yield { type: "finish", reason: "length", cachedTokens: 1 };
    };
    const grammar = () => grammarOf('root ::= "你" [é-í] | "全"');
    const { tokens, finish } = await all(
      continueRemotely(continuation(engine, { grammar: grammar() }), prompt),
    );
    expect(tokens).toEqual(bytes);
    expect(finish).toEqual({ reason: "eog" });
    expect(engine.requests.map(({ promptIds }) => promptIds)).toEqual([prompt, prompt]);
    for (const maxTokens of [1, 2]) {
      const more = { grammar: grammar(), maxTokens };
      const cut = await all(continueRemotely(continuation(engine, more), prompt));
      expect(cut).toEqual({ tokens: bytes.slice(0, maxTokens), finish: { reason: "length" } });
    }
  });

  test("a walk that was left inside a character is gone on with by the tokens that may come", async () => {
    const engine = new FakeEngine();
    const grammar = grammarOf('root ::= "你" [a-c] | "佡" [x-z]');
    const begun = [...Buffer.from("你")].slice(0, 2) as Token[];
    for (const token of begun) grammar.accept(token);
    const { tokens } = await all(continueRemotely(continuation(engine, { grammar }), [...prompt, ...begun]));
    expect(model.detokenize([...begun, ...tokens])).toMatch(/^(你[abc]|佡[xyz])$/);
    const [{ grammar: text, sampling }] = engine.completions as [RemoteRequest];
    expect([text, [...sampling.tokenBias!.keys()]]).toEqual([undefined, [160, 161]]);
  });

  test("nothing of a worker counts that is not one of those that were connected to", async () => {
    const engine = new FakeEngine();
    const target = model.tokenize("Once upon");
    let broken = 0;
    engine.fault = (position) => (position === target.length + 3 && broken === 0 ? "cut" : "none");
    const tokens: Token[] = [];
    const running = continueRemotely(
      continuation(engine, {
        onBroken: () => broken++,
        checkWorker: async () => {
          if (broken > 0) throw new UnsupportedError("another vocabulary");
        },
      }),
      target,
    );
    const reading = (async () => {
      for await (const { token } of running) tokens.push(token);
    })();
    await expect(reading).rejects.toThrow("another vocabulary");
    expect(tokens).toHaveLength(3);
    expect(engine.requests).toHaveLength(2);
  });

  test("gives up after so many failures in a row", async () => {
    const engine = new FakeEngine();
    engine.fault = () => "cut";
    await expect(all(continueRemotely(continuation(engine), prompt))).rejects.toMatchObject({
      code: "native-failure",
    });
    expect(engine.requests).toHaveLength(4);
  });

  test("forced text needs no request, and the request that follows has the rest of the grammar", async () => {
    const engine = new FakeEngine();
    const grammar = grammarOf('root ::= "abc" [x-z]');
    const { tokens, finish } = await all(continueRemotely(continuation(engine, { grammar }), prompt));
    expect(model.detokenize(tokens)).toMatch(/^abc[xyz]$/);
    expect(finish.reason).toBe("eog");
    expect(engine.requests.map((request) => request.grammar)).toEqual(["root ::= [x-z]\n"]);
    const whole = new FakeEngine();
    await all(continueRemotely(continuation(whole, { grammar: grammarOf('root ::= "abc"') }), prompt));
    expect(whole.requests).toEqual([]);
  });

  test("what the engine writes against the grammar is an error", async () => {
    const engine = new FakeEngine();
    engine.stream = async function* () {
      yield { type: "token", token: 65 as Token };
    };
    const grammar = grammarOf("root ::= [x-z]");
    await expect(all(continueRemotely(continuation(engine, { grammar }), prompt))).rejects.toMatchObject({
      code: "grammar-mismatch",
    });
  });

  test("a grammar that is waiting for its trigger is refused by name", async () => {
    const compiled = compileGrammar(parseGbnf('root ::= "a"'));
    const grammar = lazyMatcher(compiled, tokenTrieOf(model), { texts: ["<call>"] });
    await expect(
      all(continueRemotely(continuation(new FakeEngine(), { grammar }), prompt)),
    ).rejects.toMatchObject({ code: "unsupported" });
  });

  test("an abort while waiting for a repetition ends the reply", async () => {
    const engine = new FakeEngine();
    engine.fault = () => "cut";
    const controller = new AbortController();
    const more = { signal: controller.signal, retryDelayMs: 60_000 };
    const running = all(continueRemotely(continuation(engine, more), prompt));
    while (engine.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await running).finish).toEqual({ reason: "abort" });
  });
});
