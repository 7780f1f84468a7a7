import DOMPurify from "dompurify";

/**
 * HTML without anything that runs, loads or asks: what Markdown needs, and the copy button. The result is the browser's
 * proof of it (Trusted Types); the server's content security policy refuses HTML from anywhere else.
 */
export function sanitizeHtml(html: string): string {
  const trusted: unknown = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: [
      ...["p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "input"],
      ...["strong", "em", "del", "a", "code", "pre", "div", "span", "button"],
      ...["table", "thead", "tbody", "tr", "th", "td"],
    ],
    ALLOWED_ATTR: [
      ...["class", "dir", "href", "target", "rel", "type", "checked", "disabled", "start", "tabindex"],
    ],
    ALLOWED_URI_REGEXP: /^(https?:|mailto:|#)/i,
    ALLOW_DATA_ATTR: false,
    RETURN_TRUSTED_TYPE: true,
  });
  // Preact hands it on as it is.
  return trusted as string;
}
