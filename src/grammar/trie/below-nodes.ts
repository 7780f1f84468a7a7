import { BEYOND_ASCII_KIND, KIND_OF_BYTE } from "./byte-kinds.ts";

/** Where what is below a node is no text of whole characters (the last one may be unfinished), or is very long. */
export const NOT_TEXT = 255;

/** What is below the nodes of a trie, so that much of it can be taken at once. */
export interface BelowNodes {
  /** The kinds of the bytes below each node, as a set of bits. */
  readonly kinds: Uint16Array;
  /** The bytes of the longest way below each node, or {@link NOT_TEXT}. */
  readonly heights: Uint8Array;
}

const INVALID = 0xff;
const BOUNDARY = 0;

/** Looks through a trie once, from its end. The first byte of each way is taken for the first of a character. */
export function findBelowNodes(
  nodeCount: number,
  bytes: Uint8Array,
  depths: Uint16Array,
  ends: Int32Array,
  height: number,
): BelowNodes {
  const kinds = new Uint16Array(nodeCount);
  const heights = new Uint8Array(nodeCount);
  const states = characterStates(nodeCount, bytes, depths, height);
  for (let node = nodeCount - 1; node >= 0; node--) {
    let [set, most] = [0, 0];
    for (let child = node + 1; child < ends[node]!; child = ends[child]!) {
      set |= (1 << KIND_OF_BYTE[bytes[child]!]!) | kinds[child]!;
      const below = states[child] === INVALID ? NOT_TEXT : heights[child]! + 1;
      if (below > most) most = below;
    }
    kinds[node] = set;
    heights[node] = most > NOT_TEXT ? NOT_TEXT : most;
  }
  for (let node = 0; node < nodeCount; node++) if (states[node] !== BOUNDARY) heights[node] = NOT_TEXT;
  return { kinds, heights };
}

/** For each node: {@link BOUNDARY} after a whole character, {@link INVALID}, or where inside of a character it is. */
function characterStates(
  nodeCount: number,
  bytes: Uint8Array,
  depths: Uint16Array,
  height: number,
): Uint8Array {
  const states = new Uint8Array(nodeCount);
  const path = new Uint8Array(height + 1);
  for (let node = 0; node < nodeCount; node++) {
    const depth = depths[node]!;
    const state = nextState(path[depth]!, bytes[node]!);
    states[node] = state;
    path[depth + 1] = state;
  }
  return states;
}

/** States 1 to 3: so many bytes of 80–BF must follow; 4 to 7: the first of them is restricted (RFC 3629). */
function nextState(state: number, byte: number): number {
  switch (state) {
    case BOUNDARY:
      if (KIND_OF_BYTE[byte] !== BEYOND_ASCII_KIND) return BOUNDARY;
      if (byte < 0xc2 || byte > 0xf4) return INVALID;
      if (byte < 0xe0) return 1;
      if (byte < 0xf0) return byte === 0xe0 ? 4 : byte === 0xed ? 5 : 2;
      return byte === 0xf0 ? 6 : byte === 0xf4 ? 7 : 3;
    case 1:
    case 2:
    case 3:
      return byte >= 0x80 && byte < 0xc0 ? state - 1 : INVALID;
    case 4:
      return byte >= 0xa0 && byte < 0xc0 ? 1 : INVALID;
    case 5:
      return byte >= 0x80 && byte < 0xa0 ? 1 : INVALID;
    case 6:
      return byte >= 0x90 && byte < 0xc0 ? 2 : INVALID;
    case 7:
      return byte >= 0x80 && byte < 0x90 ? 2 : INVALID;
    default:
      return INVALID;
  }
}
