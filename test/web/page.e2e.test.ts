import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { QwenChatWrapper } from "../../src/template/wrappers/qwen-chat-wrapper.ts";
import { serveFake } from "../server/fake-server.ts";
import { ask, done, field, last, until } from "./chat-page.ts";
import { scriptedAnswers } from "./scripted-answers.ts";
import { useChatPages } from "./use-chat-pages.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const pages = useChatPages();

describe("when something is wrong", () => {
  test("a full queue is told, and the message kept", async () => {
    const { page, url } = await pages.open({
      expected: /status of 429/,
      server: { count: 1, limits: { queueLength: 0 } },
      script: { answers: { "": "a ".repeat(2000) } },
      fake: { delayMs: 5 },
    });
    const other = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "x", messages: [{ role: "user", content: "Hi" }], stream: true }),
    });
    await ask(page, "Me too");
    await page.getByRole("alert").getByText("the server's queue is full").waitFor();
    expect(await field(page).inputValue()).toBe("Me too");
    await other.body?.cancel();
  });

  test("a server that is gone is told, and found again", async () => {
    const { page } = await pages.open({ expected: /^failed|INTERNET_DISCONNECTED/ });
    await page.context().setOffline(true);
    await ask(page, "Anybody?");
    await page.getByText("The server does not answer.").waitFor();
    expect(await field(page).inputValue()).toBe("Anybody?");
    await page.context().setOffline(false);
    await page.getByText("The server does not answer.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send" }).click();
    await done(page);
  });

  test("a reply that ends with its server is kept, and goes on when the server is back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "colloquy-"));
    const serve = (port: number, delayMs: number) => {
      const { server } = serveFake({
        fake: { next: scriptedAnswers({ answers: { "": "a ".repeat(200) } }), delayMs },
        storePath: join(folder, "chats.sqlite"),
        webDirectory: pages.folder,
        chatWrapper: new QwenChatWrapper(),
      });
      return server.listen({ port }).then(({ url, port }) => ({ server, url, port }));
    };
    const first = await serve(0, 20);
    const { page } = await pages.openAt(first.url, { expected: /^failed|ERR_/ });
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
    await ask(page, "Talk");
    await page.locator(".writing .block").waitFor();
    await first.server.close();
    await page.getByText("The server does not answer.").waitFor();
    expect((await last(page).locator(".content").textContent())!.length).toBeLessThan(300);
    const second = await serve(first.port, 0);
    try {
      await page.getByText("The server does not answer.").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Continue" }).click();
      await until(
        page,
        "document.querySelector('.message.model .content').textContent.trim().length === 399",
      );
      await done(page);
      expect(await page.locator(".message.user .plain").allTextContents()).toEqual(["Talk"]);
    } finally {
      await second.server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a chat that the server has lost gives its place to a new one", async () => {
    const { page, url } = await pages.open({ expected: /^failed|INTERNET_DISCONNECTED|status of 404/ });
    const id = page.url().split("/").at(-1);
    await page.context().setOffline(true);
    await ask(page, "Anybody?");
    await page.getByText("The server does not answer.").waitFor();
    await fetch(`${url}/api/sessions/${id}`, { method: "DELETE" });
    await page.context().setOffline(false);
    await page.getByText("The server no longer has the chat that was open here.").waitFor();
    expect(page.url()).not.toContain(id);
  });

  test("a key is asked for", async () => {
    const { page } = await pages.open({
      server: { apiKey: "secret" },
      expected: /status of 401/,
      isReady: false,
    });
    await page.getByLabel("API key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByLabel("API key").fill("secret");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
  });
});

describe("the page", () => {
  test("is small: at most 64 kB packed, styles and all", async () => {
    const files = readdirSync(pages.folder, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    const sizes = files.map((one) => gzipSync(readFileSync(join(one.parentPath, one.name))).byteLength);
    expect(files.length).toBeGreaterThan(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(64_000);
  });

  test("fits a phone, with list and settings as drawers", async () => {
    const { page } = await pages.open({
      view: { viewport: { width: 360, height: 700 }, isMobile: true, hasTouch: true },
      script: { answers: { "": `A line\n\n\`\`\`\n${"x".repeat(300)}\n\`\`\`\n\n${"y".repeat(300)}` } },
    });
    await ask(page, "word".repeat(60));
    await done(page);
    const width =
      "Math.max(...[...document.querySelectorAll('.main, .main > *, .messages > *')].map((one) => one.getBoundingClientRect().right))";
    expect(await page.evaluate(width)).toBeLessThanOrEqual(360);
    await page.getByRole("button", { name: "List of chats" }).click();
    expect(await page.getByRole("navigation", { name: "Chats" }).isVisible()).toBe(true);
    await until(page, "document.activeElement.closest('.sidebar')");
    await page.keyboard.press("Escape");
    await page.getByRole("navigation", { name: "Chats" }).waitFor({ state: "hidden" });
    await until(page, "document.activeElement.getAttribute('aria-label') === 'List of chats'");
    await page.getByRole("button", { name: "Context and settings" }).click();
    await page.getByRole("textbox", { name: "JSON schema" }).scrollIntoViewIfNeeded();
    await page.getByRole("button", { name: "Close settings" }).click();
    await page.getByRole("complementary").waitFor({ state: "hidden" });
  });

  test("has a theme of its own, kept over a reload", async () => {
    const { page } = await pages.open();
    const paper = "getComputedStyle(document.body).backgroundColor";
    const light = await page.evaluate(paper);
    await page.keyboard.press("Alt+T");
    await page.keyboard.press("Alt+T");
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
    const dark = await page.evaluate(paper);
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await page.evaluate(paper)).toBe(dark);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await page.evaluate(paper)).toBe(dark);
  });

  test("lists its shortcuts, and names every control", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    const nameless = `[...document.querySelectorAll("button, input, textarea, summary")]
      .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.closest("label")?.textContent.trim()))
      .map((one) => one.outerHTML)`;
    expect(await page.evaluate(nameless)).toEqual([]);
    await page.getByRole("heading", { level: 1 }).click();
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    expect(await field(page).evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
  });

  test("has no fault that axe finds, in both themes, on a desk and on a phone", async () => {
    const code = '- a\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nlet a = 1 + "b"; // c\n```';
    const answer = `<think>\nWell.\n</think>\n\n# So\n\nA [link](https://host.example), \`code\`.\n\n${code}`;
    const { page } = await pages.open({ script: { answers: { "": answer } } });
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 });
      if (width === 1280) expect(await faults(page)).toEqual([]);
      if (width === 1280) await ask(page, "Hi");
      await done(page);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await faults(page)).toEqual([]);
      }
      if (width === 375) await page.getByRole("button", { name: "List of chats" }).click();
      else await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
      expect(await faults(page)).toEqual([]);
      await page.keyboard.press("Escape");
    }
  });
});

/** What axe finds, the elements with each. Source: https://github.com/dequelabs/axe-core */
async function faults(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ target, failureSummary }) => target + " " + failureSummary)]))`);
}
