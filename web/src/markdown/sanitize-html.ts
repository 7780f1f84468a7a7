import DOMPurify from "dompurify";

/** HTML without anything that runs, loads or asks: what Markdown needs, and the copy button. */
export function sanitizeHtml(html: string): string {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: [
      ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "input"],
      ...["strong", "em", "del", "a", "code", "pre", "div", "span", "button"],
      ...["table", "thead", "tbody", "tr", "th", "td"],
    ],
    ALLOWED_ATTR: ["class", "href", "target", "rel", "type", "checked", "disabled", "start", "tabindex"],
    ALLOWED_URI_REGEXP: /^(https?:|mailto:|#)/i,
    ALLOW_DATA_ATTR: false,
  });
}
