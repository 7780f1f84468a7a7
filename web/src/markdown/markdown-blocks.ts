import { Marked, type Token, type Tokens } from "marked";

/** A top-level block of a text. Code is text, the rest is HTML that is not sanitised yet. */
export type MarkdownBlock =
  | { readonly type: "html"; readonly html: string }
  | { readonly type: "code"; readonly text: string; readonly language: string };

/** Addresses that a link may lead to. */
const safeAddress = /^(https?:|mailto:|#)/i;

/**
 * The top-level blocks of a Markdown text: a text that grows changes its last blocks only. HTML within the text is
 * shown as text, pictures become links: nothing is loaded from elsewhere. The page sanitises the HTML once more before
 * it shows it.
 */
export function markdownBlocks(text: string): MarkdownBlock[] {
  return marked
    .lexer(text)
    .filter(({ type }) => type !== "space" && type !== "def")
    .map(blockOf);
}

function blockOf(token: Token): MarkdownBlock {
  if (token.type !== "code") return { type: "html", html: marked.parser([token]) };
  const { text, lang = "" } = token as Tokens.Code;
  return { type: "code", text, language: languageOf(lang) };
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  async: false,
  renderer: {
    html: (token: Tokens.HTML | Tokens.Tag) =>
      token.block ? `<p>${escapeHtml(token.text.trim())}</p>` : escapeHtml(token.text),
    code: ({ text, lang = "" }: Tokens.Code) => codeHtml(text, languageOf(lang)),
    // The page has the first level, who speaks the second.
    heading({ depth, tokens }: Tokens.Heading) {
      const level = Math.min(6, depth + 2);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    link({ href, tokens }: Tokens.Link) {
      return linkHtml(href, this.parser.parseInline(tokens));
    },
    image: ({ href, text }: Tokens.Image) => linkHtml(href, escapeHtml(text || href)),
    table(token: Tokens.Table) {
      const cells = (row: Tokens.TableCell[], tag: "th" | "td") =>
        row.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join("");
      const rows = token.rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("");
      return `<div class="table" tabindex="0"><table><thead><tr>${cells(token.header, "th")}</tr></thead><tbody>${rows}</tbody></table></div>`;
    },
  },
});

function languageOf(info: string): string {
  return info.trim().split(/\s/, 1)[0] ?? "";
}

/** Code within a list or a quote; the page listens for clicks on `code-copy`. */
function codeHtml(text: string, language: string): string {
  return (
    `<div class="code" dir="ltr"><div class="code-head"><span>${escapeHtml(language || "text")}</span>` +
    `<button type="button" class="code-copy">Copy</button></div>` +
    `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre></div>`
  );
}

function linkHtml(href: string, label: string): string {
  if (!safeAddress.test(href.trim())) return label;
  return `<a href="${escapeHtml(href.trim())}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
