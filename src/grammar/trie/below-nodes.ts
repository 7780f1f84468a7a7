import { KIND_OF_BYTE } from "./byte-kinds.ts";
import { BOUNDARY, INVALID, NEXT_STATE } from "./character-states.ts";

/** Where what is below a node is no text of whole characters (the last one may be unfinished), or is very long. */
export const NOT_TEXT = 255;

/** What is below the nodes of a trie, so that much of it can be taken at once. */
export interface BelowNodes {
  /** The kinds of the bytes below each node, as a set of bits. */
  readonly kinds: Uint16Array;
  /** The bytes of the longest way below each node, or {@link NOT_TEXT}. */
  readonly heights: Uint8Array;
}

/**
 * Looks through the nodes of a trie, which are in depth-first order. The first byte of each way is taken for the first
 * of a character.
 */
export function findBelowNodes(bytes: Uint8Array, depths: Uint16Array, height: number): BelowNodes {
  const nodeCount = bytes.length;
  const kinds = new Uint16Array(nodeCount);
  const heights = new Uint8Array(nodeCount);
  // Forwards: where in a character each node is. That stands in `heights` until the way back has read it.
  const path = new Uint8Array(height + 1);
  for (let node = 0; node < nodeCount; node++) {
    const depth = depths[node]!;
    const state = NEXT_STATE[path[depth]! * 256 + bytes[node]!]!;
    heights[node] = state;
    path[depth + 1] = state;
  }
  // Backwards, all that is below a node comes before it: it is gathered for each depth.
  const kindsBelow = new Uint16Array(height + 1);
  const heightBelow = new Uint8Array(height + 1);
  for (let node = nodeCount - 1; node >= 0; node--) {
    const depth = depths[node]!;
    const state = heights[node]!;
    const set = kindsBelow[depth + 1]!;
    const most = heightBelow[depth + 1]!;
    kindsBelow[depth + 1] = 0;
    heightBelow[depth + 1] = 0;
    kinds[node] = set;
    heights[node] = state === BOUNDARY ? most : NOT_TEXT;
    kindsBelow[depth]! |= set | (1 << KIND_OF_BYTE[bytes[node]!]!);
    const own = state === INVALID || most >= NOT_TEXT - 1 ? NOT_TEXT : most + 1;
    if (own > heightBelow[depth]!) heightBelow[depth] = own;
  }
  return { kinds, heights };
}
