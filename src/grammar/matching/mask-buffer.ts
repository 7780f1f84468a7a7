import type { TokenMask } from "../matcher.ts";
import type { StateMask } from "./mask-source.ts";

/** One matcher's view of masks: bits for short lists are set in words of its own and taken back afterwards. */
export class MaskBuffer {
  readonly #wordCount: number;
  /** Made when first needed: many walks end without a short list. */
  #words: Uint32Array | undefined;
  #shown: ArrayLike<number> = [];

  constructor(wordCount: number) {
    this.#wordCount = wordCount;
  }

  show(mask: StateMask): TokenMask {
    if (mask.ids === undefined) return { words: mask.words, count: mask.count, ids: undefined };
    return this.showIds(mask.ids);
  }

  /** @param ids ascending */
  showIds(ids: ArrayLike<number>): TokenMask {
    const words = (this.#words ??= new Uint32Array(this.#wordCount));
    for (let i = 0; i < this.#shown.length; i++) words[this.#shown[i]! >>> 5] = 0;
    for (let i = 0; i < ids.length; i++) words[ids[i]! >>> 5]! |= 1 << (ids[i]! & 31);
    this.#shown = ids;
    return { words, count: ids.length, ids: ids instanceof Int32Array ? ids : Int32Array.from(ids) };
  }
}
