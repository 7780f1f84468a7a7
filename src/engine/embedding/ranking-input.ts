import { ColloquyError, InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token } from "../token.ts";
import { addBoundaryTokens } from "./evaluator-input.ts";

/** A text in which the query and the document have their places. */
export type RankingTemplate =
  | `${string}{{query}}${string}{{document}}${string}`
  | `${string}{{document}}${string}{{query}}${string}`;

/** What to do with a document that does not fit: see {@link RankingOptions}. */
export type RankingOverflow =
  | "throw"
  | "maxChunk"
  | { type: "throw" }
  | {
      type: "maxChunk";
      /** Part of a piece that the next one repeats, 0 to 1. Default 0.5. */
      overlapPercentage?: number;
    };

/** How a model wants query and document: pieces of the template in order, or the special tokens between them. */
export interface RankingLayout {
  /** Tokens, or the place of one of the two. */
  readonly parts: readonly (readonly Token[] | "query" | "document")[];
  readonly documents: number;
  /** Whether the vocabulary's own tokens go around the whole. */
  readonly addsBoundaries: boolean;
}

/**
 * The layout that the user, or else the model's file, gives: `tokenizer.chat_template.rerank`. Without a template:
 * BOS, query, EOS, SEP, document, EOS, those that the vocabulary has; the same as llama.cpp's server.
 * @throws InvalidArgumentError on a template without both places, UnsupportedError when there is no layout
 */
export function resolveRankingLayout(model: LlamaModel, template: string | undefined): RankingLayout {
  if (template !== undefined && typeof template !== "string")
    throw new InvalidArgumentError("template must be a text");
  const own = model.metadata["tokenizer.chat_template.rerank"];
  const text =
    template ??
    (typeof own === "string" ? own.replace(/(?<!\{)\{(query|document)\}(?!\})/g, "{{$1}}") : undefined);
  if (text !== undefined) return templateLayout(model, text);
  const { bos, eos, sep } = model.tokens;
  if (eos === null && sep === null)
    throw new UnsupportedError("The model's vocabulary has no token between a query and a document", {
      hint: "pass a template",
    });
  const present = (...tokens: (Token | null)[]) => tokens.filter((token) => token !== null);
  return {
    parts: [present(bos), "query", present(eos, sep), "document", present(eos)],
    documents: 1,
    addsBoundaries: false,
  };
}

function templateLayout(model: LlamaModel, template: string): RankingLayout {
  if (!template.includes("{{query}}") || !template.includes("{{document}}"))
    throw new InvalidArgumentError("A ranking template must contain both {{query}} and {{document}}");
  const parts = template.split(/(\{\{query\}\}|\{\{document\}\})/).map((part) => {
    if (part === "{{query}}") return "query";
    if (part === "{{document}}") return "document";
    return model.tokenize(part, true, "trimLeadingSpace");
  });
  return { parts, documents: parts.filter((part) => part === "document").length, addsBoundaries: true };
}

/** The tokens that the model reads for one query and one document. */
export function rankingTokens(
  model: LlamaModel,
  layout: RankingLayout,
  query: readonly Token[],
  document: readonly Token[],
): Token[] {
  if (!layout.addsBoundaries && query.length === 0 && document.length === 0) return [];
  const tokens = layout.parts.flatMap((part) =>
    part === "query" ? query : part === "document" ? document : part,
  );
  return layout.addsBoundaries ? addBoundaryTokens(model, tokens) : tokens;
}

/**
 * The inputs to read for a document: one, or with `"maxChunk"` as many pieces as a long one takes.
 * @throws ColloquyError `context-overflow` when it does not fit, or when the query alone leaves no room
 */
export function rankingInputs(
  model: LlamaModel,
  layout: RankingLayout,
  query: readonly Token[],
  document: readonly Token[],
  contextSize: number,
  onOverflow: RankingOverflow = "throw",
): Token[][] {
  const { type, overlap } = resolveOverflow(onOverflow);
  const whole = rankingTokens(model, layout, query, document);
  if (whole.length <= contextSize) return [whole];
  if (type === "throw")
    throw new ColloquyError(
      "context-overflow",
      `The query and the document take ${whole.length} tokens, the context takes ${contextSize}`,
      { hint: 'use a larger contextSize, or onOverflow: "maxChunk"' },
    );
  const others = whole.length - document.length * layout.documents;
  const pieceLength = Math.floor((contextSize - others) / layout.documents);
  if (pieceLength < 1)
    throw new ColloquyError(
      "context-overflow",
      `The query takes ${others} of the context's ${contextSize} tokens and leaves no room for the document`,
    );
  return piecesOf(document, pieceLength, overlap).map((piece) => rankingTokens(model, layout, query, piece));
}

/** Pieces of equal length; each repeats at least `overlap` of the one before, the last one ends with the list. */
export function piecesOf<T>(list: readonly T[], length: number, overlap: number): T[][] {
  const step = Math.max(1, length - Math.ceil(length * overlap));
  const pieces: T[][] = [];
  for (let start = 0; ; start += step) {
    if (start + length >= list.length) return [...pieces, list.slice(Math.max(0, list.length - length))];
    pieces.push(list.slice(start, start + length));
  }
}

function resolveOverflow(onOverflow: RankingOverflow): { type: "throw" | "maxChunk"; overlap: number } {
  const type = typeof onOverflow === "string" ? onOverflow : onOverflow?.type;
  if (type !== "throw" && type !== "maxChunk")
    throw new InvalidArgumentError(`onOverflow must be "throw" or "maxChunk", not ${String(type)}`);
  const overlap =
    typeof onOverflow === "object" && onOverflow.type === "maxChunk"
      ? (onOverflow.overlapPercentage ?? 0.5)
      : 0.5;
  if (typeof overlap !== "number" || !(overlap >= 0 && overlap <= 1))
    throw new InvalidArgumentError(`overlapPercentage must be from 0 to 1, not ${String(overlap)}`);
  return { type, overlap };
}
