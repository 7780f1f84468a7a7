import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  ask,
  buildWebClient,
  type ChatPage,
  type ChatPageOptions,
  launchBrowser,
  openChatPage,
  until,
} from "./chat-page.ts";

let browser: Browser;
let client: Awaited<ReturnType<typeof buildWebClient>>;
const chats: ChatPage[] = [];

beforeAll(async () => {
  client = await buildWebClient();
  browser = await launchBrowser();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await client.remove();
});
afterEach(async () => {
  for (const chat of chats.splice(0)) {
    await chat.close();
    expect(chat.foreign).toEqual([]);
  }
});

async function open(options: Partial<ChatPageOptions> = {}): Promise<ChatPage> {
  const script = { answers: { "": "Hello there!" }, completions: ["How are you today?"] };
  const chat = await openChatPage(browser, { folder: client.folder, script, ...options });
  chats.push(chat);
  return chat;
}

const field = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const done = (page: Page) => page.getByRole("button", { name: "Retry" }).waitFor();
/** One red pixel. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

describe("the message field", () => {
  test("offers how to go on: Tab takes it, Escape dismisses it", async () => {
    const { page } = await open();
    await field(page).pressSequentially("How are");
    await page.locator(".ghost", { hasText: "you today?" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await field(page).inputValue()).toBe("How are you today?");
    await field(page).fill("");
    await field(page).pressSequentially("How");
    await page.locator(".ghost", { hasText: "are you today?" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.locator(".ghost").textContent()).toBe("");
    expect(await field(page).inputValue()).toBe("How");
  });

  test("takes new lines, and sends with Enter", async () => {
    const { page } = await open();
    await field(page).pressSequentially("One");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("Two");
    expect(await field(page).inputValue()).toBe("One\nTwo");
    await page.keyboard.press("Enter");
    await done(page);
    expect(await page.locator(".message.user .plain").textContent()).toBe("One\nTwo");
    expect(await field(page).inputValue()).toBe("");
    expect(await field(page).evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
  });

  test("takes pictures by paste and drop; when the model takes none, says so and keeps the message", async () => {
    const { page } = await open();
    await field(page).fill("What is this?");
    const data = picture.toString("base64");
    for (const kind of ["paste", "drop"]) {
      await page.evaluate(`
        const bytes = Uint8Array.from(atob("${data}"), (one) => one.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "red.png", { type: "image/png" }));
        const event = "${kind}" === "paste"
          ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
          : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.querySelector(".composer textarea").dispatchEvent(event);
      `);
    }
    await until(page, "document.querySelectorAll('.attachments img').length === 2");
    await page.getByText("The model that is served takes text only.").waitFor();
    await page.getByRole("button", { name: "Remove picture 2" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("alert").getByText(/image/).waitFor();
    expect(await field(page).inputValue()).toBe("What is this?");
    expect(await page.locator(".attachments img").count()).toBe(1);
  });

  test("refuses files that are no pictures", async () => {
    const { page } = await open();
    const file = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("x") };
    await page.locator(".composer input[type=file]").setInputFiles(file);
    await page.getByText("“notes.txt” is no PNG").waitFor();
  });
});

describe("the settings", () => {
  test("hold a system prompt and sampling, and the server's refusal of them", async () => {
    const { page } = await open();
    const panel = page.getByRole("complementary", { name: "Context and settings" });
    await panel.getByLabel("Leave it to the model's chat format").uncheck();
    await panel.getByRole("textbox", { name: "System prompt" }).fill("Be brief.");
    await panel.getByLabel("Temperature").fill("0.7");
    await panel.getByLabel("Top P").fill("3");
    await panel.getByLabel("Top P").press("Tab");
    await panel.getByRole("alert").getByText("sampling.topP").waitFor();
    await panel.getByLabel("Top P").fill("0.9");
    await panel.getByLabel("Top P").press("Tab");
    await panel.getByRole("alert").waitFor({ state: "detached" });
    await page.reload();
    await panel.getByLabel("Temperature").waitFor();
    expect(await panel.getByLabel("Temperature").inputValue()).toBe("0.7");
    expect(await panel.getByLabel("Top P").inputValue()).toBe("0.9");
    expect(await panel.getByRole("textbox", { name: "System prompt" }).inputValue()).toBe("Be brief.");
  });

  test("hold replies to a schema, shown indented", async () => {
    const { page } = await open();
    const schema = page.getByRole("textbox", { name: "JSON schema" });
    await schema.fill('{"type": "nonsense"}');
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("alert").waitFor();
    const properties = { ok: { type: "boolean" } };
    await schema.fill(
      JSON.stringify({ type: "object", properties, required: ["ok"], additionalProperties: false }),
    );
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("Replies are JSON that fits this schema.").waitFor();
    await ask(page, "OK?");
    await done(page);
    expect(await page.locator(".message.model code").textContent()).toMatch(
      /^\{\n {2}"ok": (true|false)\n\}$/,
    );
    await page.getByRole("button", { name: "Remove", exact: true }).last().click();
    await page.getByText("Replies are free text.").waitFor();
  });

  test("show how full the context is", async () => {
    const { page } = await open({ script: { answers: { "": "a ".repeat(300) } }, fake: { delayMs: 2 } });
    await ask(page, "Hi");
    await done(page);
    const meter = page.getByRole("meter", { name: "How full the context is" });
    const used = Number(await meter.getAttribute("aria-valuenow"));
    expect(used).toBeGreaterThan(600);
    const counts = (await page.locator(".legend dd").allTextContents()).map((text) =>
      Number(text.replace(/,/g, "")),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4096);
    expect(await page.locator(".rate .meter-figure").textContent()).toMatch(/^\d+(\.\d)? tokens a second$/);
  });
});

describe("when something is wrong", () => {
  test("a full queue is told, and the message kept", async () => {
    const { page, url } = await open({
      server: { count: 1, limits: { queueLength: 0 } },
      script: { answers: { "": "a ".repeat(2000) } },
      fake: { delayMs: 5 },
    });
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
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
    const { page } = await open();
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
    await page.context().setOffline(true);
    await ask(page, "Anybody?");
    await page.getByText("The server does not answer.").waitFor();
    expect(await field(page).inputValue()).toBe("Anybody?");
    await page.context().setOffline(false);
    await page.getByText("The server does not answer.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send" }).click();
    await done(page);
  });

  test("a key is asked for", async () => {
    const { page } = await open({ server: { apiKey: "secret" } });
    await page.getByLabel("API key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByLabel("API key").fill("secret");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
  });
});

describe("the page", () => {
  test("fits a phone, with list and settings as drawers", async () => {
    const { page } = await open({
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
    const { page, errors } = await open();
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
    expect(errors).toEqual([]);
  });

  test("lists its shortcuts, and names every control", async () => {
    const { page } = await open();
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

  test("has text with a contrast of at least 4.5 in both themes", async () => {
    const { page } = await open({
      script: { answers: { "": "A [link](https://host.example) and `code`.\n\n```\nx\n```" } },
    });
    await ask(page, "Hi");
    await done(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      // A colour may fade over for a moment.
      await expect.poll(() => page.evaluate(lowContrast)).toEqual([]);
    }
  });
});

/** Texts whose colour is too close to what is behind them. Formula: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const lowContrast = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (rgb) => rgb.slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
  return [...document.querySelectorAll("body *")]
    .filter((one) => hasText(one) && one.checkVisibility() && !one.closest(":disabled, .unseen, .mirror, noscript"))
    .flatMap((one) => {
      const [a, b] = [luminance(rgba(getComputedStyle(one).color)), luminance(behind(one))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return ratio < 4.5 ? [one.className + " " + one.textContent.slice(0, 30) + " " + ratio.toFixed(2)] : [];
    });
})()`;
