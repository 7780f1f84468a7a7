import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { highlightCode } from "../../markdown/highlight-code.ts";
import { useCopying } from "../controls/copy-button.tsx";

interface CodeBlockProps {
  readonly text: string;
  readonly language: string;
}

/** Code with a copy button. A long one scrolls within itself, and its end stays in view while it grows. */
export function CodeBlock({ text, language }: CodeBlockProps) {
  const [copied, copy] = useCopying();
  const pieces = useMemo(() => highlightCode(text, language), [text, language]);
  const pre = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(false);
  const length = useRef(text.length);
  const measure = () => {
    const { scrollHeight, scrollTop, clientHeight } = pre.current!;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 8;
  };
  useLayoutEffect(() => {
    const hasGrown = text.length > length.current;
    length.current = text.length;
    if (hasGrown && isAtEnd.current) pre.current!.scrollTop = pre.current!.scrollHeight;
    else measure();
  }, [text]);
  return (
    <div class="code" dir="ltr">
      <div class="code-head">
        <span>{language || "text"}</span>
        <button type="button" class="code-copy" onClick={() => copy(text)}>
          {copied === "yes" ? "Copied" : copied === "no" ? "Not copied" : "Copy"}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys */}
      <pre ref={pre} tabIndex={0} onScroll={measure}>
        <code>
          {pieces.map(({ kind, text: piece }, index) =>
            kind === "plain" ? (
              piece
            ) : (
              <span key={index} class={`code-${kind}`}>
                {piece}
              </span>
            ),
          )}
        </code>
      </pre>
    </div>
  );
}
