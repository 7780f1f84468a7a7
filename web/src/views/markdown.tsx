import { useMemo } from "preact/hooks";
import { codeHtml, markdownBlocks } from "../markdown/markdown-blocks.ts";
import { sanitizeHtml } from "../markdown/sanitize-html.ts";

/** A Markdown text. Blocks that did not change are left alone, so that a selection survives while the text grows. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = useMemo(() => markdownBlocks(text), [text]);
  return <Html blocks={blocks} />;
}

/** A code block with its copy button. */
export function CodeBlock({ text, language }: { readonly text: string; readonly language: string }) {
  return <Html blocks={[codeHtml(text, language)]} />;
}

function Html({ blocks }: { readonly blocks: readonly string[] }) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click comes from a button within, which keys reach
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens for the buttons within
    <div class="markdown" onClick={copyCode}>
      {blocks.map((html, index) => (
        <Block key={index} html={html} />
      ))}
    </div>
  );
}

function Block({ html }: { readonly html: string }) {
  const safe = useMemo(() => ({ __html: sanitizeHtml(html) }), [html]);
  return <div class="block" dangerouslySetInnerHTML={safe} />;
}

const copiedMs = 1600;

async function copyCode(event: MouseEvent): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest(".code-copy") : null;
  const code = button?.closest(".code")?.querySelector("code");
  if (button === null || !code) return;
  const isCopied = await copyText(code.textContent ?? "");
  button.textContent = isCopied ? "Copied" : "Not copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, copiedMs);
}

/** Resolves to whether the browser allowed it: elsewhere than on this machine, it wants HTTPS. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
