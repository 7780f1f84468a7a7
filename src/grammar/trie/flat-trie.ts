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

/** Builds the trie of tokens that are sorted by their parts; none of these is empty. */
export function buildFlatTrie({ data, from, to }: TokenParts, tokens: Int32Array): FlatTrie {
  let room = 0;
  for (const token of tokens) room += to[token]! - from[token]!;
  const bytes = new Uint8Array(room);
  const depths = new Uint16Array(room);
  const ends = new Int32Array(room);
  const tokenStarts = new Int32Array(room + 1);
  const path: number[] = [];
  let [nodeCount, height, previous] = [0, 0, 0];
  for (let i = 0; i < tokens.length; i++) {
    const start = from[tokens[i]!]!;
    const length = to[tokens[i]!]! - start;
    let shared = 0;
    while (shared < path.length && shared < length && data[previous + shared] === data[start + shared])
      shared++;
    for (let depth = shared; depth < path.length; depth++) ends[path[depth]!] = nodeCount;
    path.length = shared;
    for (let depth = shared; depth < length; depth++) {
      bytes[nodeCount] = data[start + depth]!;
      depths[nodeCount] = depth;
      tokenStarts[nodeCount] = i;
      path.push(nodeCount++);
    }
    height = Math.max(height, length);
    previous = start;
  }
  for (const node of path) ends[node] = nodeCount;
  tokenStarts[nodeCount] = tokens.length;
  return {
    nodeCount,
    bytes: bytes.slice(0, nodeCount),
    depths: depths.slice(0, nodeCount),
    ends: ends.slice(0, nodeCount),
    tokenStarts: tokenStarts.slice(0, nodeCount + 1),
    tokens,
    height,
    below: findBelowNodes(nodeCount, bytes, depths, ends, height),
  };
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
