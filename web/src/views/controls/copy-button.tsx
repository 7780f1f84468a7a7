import { useEffect, useState } from "preact/hooks";
import { copyText } from "./copy-text.ts";
import { IconButton } from "./icon.tsx";

const copiedMs = 1600;

export function CopyButton({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) {
  const [copied, copy] = useCopying();
  return (
    <IconButton
      name={copied === "yes" ? "check" : copied === "no" ? "alert" : "copy"}
      label={copied === "yes" ? "Copied" : copied === "no" ? "Not copied" : label}
      onClick={() => copy(text)}
    />
  );
}

/** Whether it was copied just now, and a function that copies. */
export function useCopying(): readonly ["yes" | "no" | null, (text: string) => void] {
  const [copied, setCopied] = useState<"yes" | "no" | null>(null);
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), copiedMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, async (text) => setCopied((await copyText(text)) ? "yes" : "no")];
}
