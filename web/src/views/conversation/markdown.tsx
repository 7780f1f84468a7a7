import { useMemo } from "preact/hooks";
import { markdownBlocks } from "../../markdown/markdown-blocks.ts";
import { sanitizeHtml } from "../../markdown/sanitize-html.ts";
import { copyText } from "../controls/copy-text.ts";
import { CodeBlock } from "./code-block.tsx";

/** A Markdown text. Blocks that did not change are left alone, so that a selection survives while the text grows. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = useMemo(() => markdownBlocks(text), [text]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click comes from a button within, which keys reach
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens for the buttons within
    <div class="markdown" onClick={copyCode}>
      {blocks.map((block, index) => (
        <div key={`${index} ${block.type}`} class="block" dir="auto">
          {block.type === "code" ? <CodeBlock {...block} /> : <Html html={block.html} />}
        </div>
      ))}
    </div>
  );
}

function Html({ html }: { readonly html: string }) {
  const safe = useMemo(() => ({ __html: sanitizeHtml(html) }), [html]);
  return <div class="markup" dangerouslySetInnerHTML={safe} />;
}

const copiedMs = 1600;

/** Copies code that stands within other HTML, such as in a list. */
async function copyCode(event: MouseEvent): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest(".markup .code-copy") : null;
  const code = button?.closest(".code")?.querySelector("code");
  if (button === null || !code) return;
  const isCopied = await copyText(code.textContent ?? "");
  button.textContent = isCopied ? "Copied" : "Not copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, copiedMs);
}
