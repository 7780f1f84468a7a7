import { useEffect, useRef, useState } from "preact/hooks";

/** How long the keys must rest before a completion is asked for, milliseconds. */
const restMs = 250;

/** How the text that is being typed may go on. What comes too late, or fails, is dropped: nobody asked for it. */
export function useCompletion(
  chatId: string,
  complete: (text: string, signal: AbortSignal) => Promise<string>,
) {
  const [ghost, setGhost] = useState("");
  const running = useRef<{ controller: AbortController; timer: ReturnType<typeof setTimeout> } | undefined>(
    undefined,
  );
  const dismiss = () => {
    clearTimeout(running.current?.timer);
    running.current?.controller.abort();
    running.current = undefined;
    setGhost("");
  };
  useEffect(() => dismiss, [chatId]);
  const typed = (text: string) => {
    dismiss();
    if (text.trim() === "") return;
    const controller = new AbortController();
    const ask = async () => {
      const completion = await complete(text, controller.signal).catch(() => "");
      if (!controller.signal.aborted) setGhost(completion);
    };
    running.current = { controller, timer: setTimeout(ask, restMs) };
  };
  return { ghost, typed, dismiss };
}
