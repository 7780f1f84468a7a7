import { UnsupportedError } from "../../base/errors.ts";

/** A literal, a class, a token by its id, or a token by its text, possibly negated. */
const pieces = /"(?:\\.|[^"\\])*"|(!?)<\[(\d+)\]>|!?<[^>]*>|\[(?:\\.|[^\]\\])*\]/gs;

/**
 * GBNF in the dialect of XGrammar, vLLM's grammar engine. The two differ in how they name tokens: XGrammar has
 * `Token(id)` and `ExcludeToken(id)` (https://xgrammar.mlc.ai/docs/), and no names by text.
 *
 * @throws UnsupportedError naming a token that is named by its text
 */
export function toXgrammar(gbnf: string): string {
  return gbnf.replace(pieces, (piece, negation: string | undefined, id: string | undefined) => {
    if (id !== undefined) return `${negation === "" ? "Token" : "ExcludeToken"}(${id})`;
    if (!/^!?</.test(piece)) return piece;
    throw new UnsupportedError(`grammar: vLLM takes no token by its text, as ${piece} is`, {
      hint: "name it by its id: <[123]>",
    });
  });
}
