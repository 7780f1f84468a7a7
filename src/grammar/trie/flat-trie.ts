import { type BelowNodes, findBelowNodes } from "./below-nodes.ts";
import type { TokenParts } from "./token-bytes.ts";

/**
 * A trie of tokens by their bytes, its nodes in depth-first order, so that a walk goes straight through the arrays.
 * The root, for no bytes, is left out.
 */
export interface FlatTrie {
  readonly nodeCount: number;
  /** The byte that leads to a node. */
  readonly bytes: Uint8Array;
  /** How many bytes come before that one. */
  readonly depths: Uint16Array;
  /** The first node after all that are below a node. */
  readonly ends: Int32Array;
  /** The tokens at node `i` are `tokens[tokenStarts[i] … tokenStarts[i + 1] - 1]`. */
  readonly tokenStarts: Int32Array;
  /** All tokens, in the order of their bytes. */
  readonly tokens: Int32Array;
  /** One more than the greatest depth. */
  readonly height: number;
  readonly below: BelowNodes;
}

/**
 * Builds the trie of tokens that are sorted by their parts; none of these is empty.
 *
 * @param apart 1 for each token that shares no node with those before it. None by default.
 */
export function buildFlatTrie(parts: TokenParts, tokens: Int32Array, apart?: Uint8Array): FlatTrie {
  const { data, from, to } = parts;
  const shared = new Uint16Array(tokens.length);
  const { nodeCount, height } = measure(parts, tokens, shared, apart);
  const bytes = new Uint8Array(nodeCount);
  const depths = new Uint16Array(nodeCount);
  const ends = new Int32Array(nodeCount);
  const tokenStarts = new Int32Array(nodeCount + 1);
  /** The open nodes, from the root on. */
  const path = new Int32Array(height);
  let node = 0;
  let open = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const start = from[token]!;
    const length = to[token]! - start;
    const common = shared[i]!;
    while (open > common) ends[path[--open]!] = node;
    for (; open < length; open++) {
      bytes[node] = data[start + open]!;
      depths[node] = open;
      tokenStarts[node] = i;
      path[open] = node++;
    }
  }
  while (open > 0) ends[path[--open]!] = node;
  tokenStarts[node] = tokens.length;
  const below = findBelowNodes(bytes, depths, height);
  return { nodeCount, bytes, depths, ends, tokenStarts, tokens, height, below };
}

/** How large the trie becomes, and for each token how many bytes it shares with the one before it. */
function measure(
  { data, from, to }: TokenParts,
  tokens: Int32Array,
  shared: Uint16Array,
  apart: Uint8Array | undefined,
): { nodeCount: number; height: number } {
  let nodeCount = 0;
  let height = 0;
  let previous = 0;
  let previousLength = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const start = from[token]!;
    const length = to[token]! - start;
    const most = length < previousLength ? length : previousLength;
    let common = 0;
    if (apart === undefined || apart[i] === 0)
      while (common < most && data[previous + common] === data[start + common]) common++;
    shared[i] = common;
    nodeCount += length - common;
    if (length > height) height = length;
    previous = start;
    previousLength = length;
  }
  return { nodeCount, height };
}

/** The node that these bytes lead to, or -1; the bytes must not be empty. */
export function findNode(trie: FlatTrie, bytes: Uint8Array): number {
  let [node, last, found] = [0, trie.nodeCount, -1];
  for (const byte of bytes) {
    while (node < last && trie.bytes[node] !== byte) node = trie.ends[node]!;
    if (node >= last) return -1;
    found = node;
    last = trie.ends[node]!;
    node++;
  }
  return found;
}
