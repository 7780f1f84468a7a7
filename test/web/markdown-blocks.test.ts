import { describe, expect, test } from "vitest";
import { markdownBlocks } from "../../web/src/markdown/markdown-blocks.ts";

const html = (text: string) =>
  markdownBlocks(text)
    .map((block) => (block.type === "html" ? block.html : ""))
    .join("");

describe("Markdown", () => {
  test("is cut into blocks, and a growing text changes its last block only", () => {
    const before = markdownBlocks("# One\n\nTwo *three*\n\n- a\n- b");
    const after = markdownBlocks("# One\n\nTwo *three*\n\n- a\n- b\n- c\n\nEnd");
    expect(before).toHaveLength(3);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after).toHaveLength(4);
  });

  test("keeps code as text, with its language, also when it is not closed yet", () => {
    expect(markdownBlocks("```js extra\nif (a < b && c) x();\n```")).toEqual([
      { type: "code", text: "if (a < b && c) x();", language: "js" },
    ]);
    expect(markdownBlocks("```py\nprint(1)")).toEqual([{ type: "code", text: "print(1)", language: "py" }]);
  });

  test("escapes code within a list", () => {
    const block = html("- a\n\n  ```js\n  if (a < b) x();\n  ```");
    expect(block).toContain("<span>js</span>");
    expect(block).toContain("<code>if (a &lt; b) x();</code>");
    expect(block).toContain('class="code-copy"');
  });

  test.each([
    "<script>alert(1)</script>",
    "text <img src=x onerror=alert(1)> text",
    "<div onclick='alert(1)'>x</div>",
    "<svg/onload=alert(1)>",
  ])("shows HTML as text: %s", (text) => {
    expect(html(text)).not.toMatch(/<(script|img|div on|svg)/);
    expect(html(text)).toContain("&lt;");
  });

  test.each([
    ["javascript:alert(1)"],
    ["JaVaScRiPt:alert(1)"],
    ["data:text/html,<b>"],
    ["vbscript:x"],
    ["file:///etc/passwd"],
    ["//host.example/x"],
  ])("makes no link to %s", (address) => {
    expect(html(`[click](${address}) and <${address}>`)).not.toMatch(/href=/i);
  });

  test("makes pictures links, so that nothing is loaded from elsewhere", () => {
    const block = html("![a cat](https://host.example/cat.png)");
    expect(block).not.toContain("<img");
    expect(block).toContain('href="https://host.example/cat.png"');
    expect(block).toContain('rel="noopener noreferrer nofollow"');
    expect(block).toContain(">a cat<");
  });

  test("cannot leave an attribute or a language", () => {
    expect(html('[x](https://host.example/"onmouseover="alert(1))')).not.toMatch(/"onmouseover=/);
    expect(html('- ```"><script>\n  x\n  ```')).not.toContain("<script>");
  });
});
