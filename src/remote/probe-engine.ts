import { ColloquyError } from "../base/errors.ts";
import type { LanguageModel } from "../engine/context-sequence.ts";
import type { Token } from "../engine/token.ts";
import { connectionKey } from "./http/http-endpoint.ts";
import type { RemoteEngine, RemoteRequest } from "./remote-engine.ts";
import { remoteSampling } from "./remote-sampling.ts";

/** Words, blanks, digits, several scripts, a composed sign: where tokenizers differ, they differ here. */
const probeText = 'The  quick brown\tfox\n\n jumped 1234 times; naïve café — 你好，世界 😀👩‍🚀 {"a": [1, 2]}';
/**
 * Written as grammars are sent: with a number before a sign that could be its next digit, and a range beyond ASCII.
 * Both are read wrongly by releases of XGrammar, and so by vLLM.
 */
const canaryGrammar = 'root ::= "\\u0022b" [\\u4F60-\\u4F61] "é😀"';
/** No model writes that unless it must, and its characters are several bytes each. */
const canary = /^"b[\u4F60-\u4F61]é😀$/;

/**
 * Finds out whether the engine does what its interface promises: engines ignore fields that they do not know, and
 * answer without an error.
 * @throws ColloquyError `unsupported` with what differs
 */
export async function probeEngine(
  engine: RemoteEngine,
  model: LanguageModel,
  modelName: string,
  signal: AbortSignal,
): Promise<void> {
  await probeTokenizer(engine, model, modelName, signal);
  const prompt = model.tokenize("Hello", false);
  const request: RemoteRequest = {
    promptIds: model.tokens.bos === null ? prompt : [model.tokens.bos, ...prompt],
    maxTokens: 24,
    sampling: remoteSampling(),
    grammar: canaryGrammar,
    logprobs: 0,
    sessionKey: connectionKey,
    signal,
  };
  const whole = await engine.complete(request, modelName);
  checkCanary(model, whole.tokens, "an answer");
  const streamed: Token[] = [];
  let finished = false;
  for await (const event of engine.stream(request, modelName)) {
    if (event.type === "token") streamed.push(event.token);
    if (event.type === "untold") return;
    finished ||= event.type === "finish";
  }
  if (!finished) throw new ColloquyError("unsupported", "The engine's streams have no finish");
  checkCanary(model, streamed, "a stream");
  if (withoutEnd(model, streamed).join() !== withoutEnd(model, whole.tokens).join())
    throw new ColloquyError("unsupported", "The engine streams other tokens than it answers");
}

/**
 * Finds out whether the worker that answers this session has the vocabulary that is known here.
 * @throws ColloquyError `unsupported` with what differs, TransportError
 */
export async function probeTokenizer(
  engine: RemoteEngine,
  model: LanguageModel,
  modelName: string,
  signal: AbortSignal,
  sessionKey?: string,
): Promise<void> {
  const special = [model.tokens.bosString, model.tokens.eosString, model.tokens.eotString].join("");
  for (const text of [probeText, `${special}a`]) {
    const [ours, theirs] = [
      model.tokenize(text, true),
      await engine.tokenize(text, modelName, signal, sessionKey),
    ];
    if (ours.join() !== theirs.join())
      throw new ColloquyError(
        "unsupported",
        "The engine tokenizes in another way than the vocabulary given here",
        {
          hint: `${JSON.stringify(text)} is ${theirs.length} tokens there and ${ours.length} here: give the file that the engine serves`,
        },
      );
  }
}

function checkCanary(model: LanguageModel, tokens: readonly Token[], what: string): void {
  const text = model.detokenize(withoutEnd(model, tokens));
  if (canary.test(text.trimStart())) return;
  throw new ColloquyError(
    "unsupported",
    tokens.length === 0
      ? `The engine returns no token ids with ${what}`
      : `The engine does not hold ${what} to its grammar, or returns wrong token ids`,
  );
}

function withoutEnd(model: LanguageModel, tokens: readonly Token[]): Token[] {
  return tokens.filter((token) => !model.isEogToken(token));
}
