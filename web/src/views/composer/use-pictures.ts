import { useState } from "preact/hooks";
import { readPictures } from "./read-pictures.ts";
import type { Drafts } from "./use-drafts.ts";

/** Adds pictures to the draft of the chat that was open when they came, and says what was not taken. */
export function usePictures({ chatId, draft, read, change }: Drafts) {
  const [problem, setProblem] = useState<string | null>(null);
  return {
    problem,
    forget: () => setProblem(null),
    async attach(files: Iterable<File>): Promise<void> {
      const { pictures, refused } = await readPictures(files, draft.images.length);
      setProblem(refused);
      if (pictures.length > 0) change({ images: [...read(chatId).images, ...pictures] }, chatId);
    },
  };
}
