import { Marked, type Tokens } from "marked";

/** Addresses that a link may lead to. */
const safeAddress = /^(https?:|mailto:|#)/i;

/**
 * The HTML of a Markdown text, one string per top-level block, so that a text that grows changes its last blocks only.
 * HTML within the text is shown as text, pictures become links: nothing is loaded from elsewhere. The page sanitises
 * the result once more before it shows it.
 */
export function markdownBlocks(text: string): string[] {
  const tokens = marked.lexer(text);
  return tokens
    .filter(({ type }) => type !== "space" && type !== "def")
    .map((token) => marked.parser([token]));
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  async: false,
  renderer: {
    html: (token: Tokens.HTML | Tokens.Tag) =>
      token.block ? `<p>${escapeHtml(token.text.trim())}</p>` : escapeHtml(token.text),
    code: ({ text, lang = "" }: Tokens.Code) => codeHtml(text, lang.trim().split(/\s/, 1)[0] ?? ""),
    link({ href, tokens }: Tokens.Link) {
      return linkHtml(href, this.parser.parseInline(tokens));
    },
    image: ({ href, text }: Tokens.Image) => linkHtml(href, escapeHtml(text || href)),
    table(token: Tokens.Table) {
      const cells = (row: Tokens.TableCell[], tag: "th" | "td") =>
        row.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join("");
      const rows = token.rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("");
      return `<div class="table"><table><thead><tr>${cells(token.header, "th")}</tr></thead><tbody>${rows}</tbody></table></div>`;
    },
  },
});

/** A code block with its language and a button to copy it; the page listens for clicks on `code-copy`. */
export function codeHtml(text: string, language: string): string {
  const name = language === "" ? "text" : language;
  return (
    `<div class="code"><div class="code-head"><span>${escapeHtml(name)}</span>` +
    `<button type="button" class="code-copy">Copy</button></div>` +
    `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre></div>`
  );
}

function linkHtml(href: string, label: string): string {
  if (!safeAddress.test(href.trim())) return label;
  return `<a href="${escapeHtml(href.trim())}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
