import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";

/**
 * A model may write a text in other tokens than the tokenizer would choose. Where the context already holds the same
 * text between the same special tokens, its tokens are taken over, so that nothing is evaluated again and the model
 * sees its own words as it wrote them.
 */
export function adoptEvaluatedTokens(
  rendered: readonly Token[],
  evaluated: readonly Token[],
  model: LanguageModel,
): readonly Token[] {
  const adopted: Token[] = [];
  let at = 0;
  let differs = false;
  while (at < rendered.length && adopted.length < evaluated.length) {
    const place = adopted.length;
    if (rendered[at] === evaluated[place]) {
      const run = commonRun(rendered, at, evaluated, place);
      for (let i = 0; i < run; i++) adopted.push(rendered[at + i]!);
      at += run;
      if (at === rendered.length || adopted.length === evaluated.length) break;
    }
    const start = runStart(adopted, model);
    const back = adopted.length - start;
    const ours = runEnd(rendered, at, model);
    const theirs = runEnd(evaluated, adopted.length, model);
    if (!sameBytes(rendered.slice(at - back, ours), evaluated.slice(start, theirs), model)) break;
    if (ours === at && theirs === adopted.length) break;
    for (const token of evaluated.slice(adopted.length, theirs)) adopted.push(token);
    at = ours;
    differs = true;
  }
  if (!differs) return rendered;
  for (; at < rendered.length; at++) adopted.push(rendered[at]!);
  return adopted;
}

/** How many tokens from here on are equal. */
function commonRun(a: readonly Token[], from: number, b: readonly Token[], place: number): number {
  let length = 0;
  while (from + length < a.length && place + length < b.length && a[from + length] === b[place + length]) {
    length++;
  }
  return length;
}

function isBoundary(token: Token, model: LanguageModel): boolean {
  return model.tokenBytes(token).length === 0;
}

/** Where the text run that the list ends in begins. */
function runStart(tokens: readonly Token[], model: LanguageModel): number {
  let start = tokens.length;
  while (start > 0 && !isBoundary(tokens[start - 1]!, model)) start--;
  return start;
}

function runEnd(tokens: readonly Token[], from: number, model: LanguageModel): number {
  let end = from;
  while (end < tokens.length && !isBoundary(tokens[end]!, model)) end++;
  return end;
}

function sameBytes(a: readonly Token[], b: readonly Token[], model: LanguageModel): boolean {
  const bytes = (tokens: readonly Token[]) => Buffer.concat(tokens.map((token) => model.tokenBytes(token)));
  return bytes(a).equals(bytes(b));
}
