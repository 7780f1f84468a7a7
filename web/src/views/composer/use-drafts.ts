import { useRef, useState } from "preact/hooks";

export interface Draft {
  readonly text: string;
  /** `data:` addresses. */
  readonly images: readonly string[];
}

const emptyDraft: Draft = { text: "", images: [] };

/** What is written and not sent yet, for each chat. */
export function useDrafts(chatId: string) {
  const drafts = useRef(new Map<string, Draft>());
  const [, redraw] = useState(0);
  const read = (id = chatId) => drafts.current.get(id) ?? emptyDraft;
  const change = (part: Partial<Draft>, id = chatId) => {
    drafts.current.set(id, { ...read(id), ...part });
    redraw((count) => count + 1);
  };
  return {
    chatId,
    draft: read(),
    read,
    change,
    /** Hands the draft over. When it is not taken, it comes back, unless something else is written by then. */
    async give(take: (text: string, images: readonly string[]) => Promise<boolean>): Promise<void> {
      const given = read();
      change(emptyDraft);
      if (await take(given.text, given.images)) return;
      const { text, images } = read();
      if (text === "" && images.length === 0) change(given);
    },
  };
}

export type Drafts = ReturnType<typeof useDrafts>;
