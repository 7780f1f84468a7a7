import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";

/**
 * After messages have left the middle of a chat, the rest ends as before: its tokens are taken over from the end, so
 * that a text which the model wrote in other tokens than the tokenizer would choose keeps its cells.
 * @param rendered the chat as it is now
 * @param before the tokens that it had
 */
export function adoptFromEnd(
  rendered: readonly Token[],
  before: readonly Token[],
  model: LanguageModel,
): readonly Token[] {
  const ours = textRuns(rendered, model);
  const theirs = textRuns(before, model);
  let same = 0;
  while (same < ours.length && same < theirs.length) {
    if (!sameBytes(ours.at(-1 - same)!, theirs.at(-1 - same)!, model)) break;
    same++;
  }
  if (same === 0) return rendered;
  return [...ours.slice(0, ours.length - same), ...theirs.slice(-same)].flat();
}

/** Splits tokens into special ones and the runs of text between them. */
function textRuns(tokens: readonly Token[], model: LanguageModel): Token[][] {
  const runs: Token[][] = [];
  let run: Token[] | undefined;
  for (const token of tokens) {
    if (model.tokenBytes(token).length === 0) {
      runs.push([token]);
      run = undefined;
    } else if (run === undefined) {
      run = [token];
      runs.push(run);
    } else run.push(token);
  }
  return runs;
}

function sameBytes(a: readonly Token[], b: readonly Token[], model: LanguageModel): boolean {
  if (a.length === b.length && a.every((token, index) => token === b[index])) return true;
  const [first, second] = [a, b].map((tokens) => tokens.flatMap((token) => [...model.tokenBytes(token)]));
  // Special tokens have no bytes: they are equal only as tokens.
  return (
    first!.length > 0 && first!.length === second!.length && first!.every((byte, i) => byte === second![i])
  );
}
