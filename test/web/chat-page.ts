import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";

const webFolder = fileURLToPath(new URL("../../web", import.meta.url));

/** The built web client in a folder of its own. */
export async function buildWebClient(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "colloquy-web-"));
  await build({ root: webFolder, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Debian's Chromium, without a sandbox and without any connection of its own. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface ChatPage {
  readonly page: Page;
  readonly url: string;
  /** Errors of the page and of its console, requests that failed, addresses outside of its server. */
  readonly problems: string[];
  close(): Promise<void>;
}

/** A page with the web client of a server that listens. */
export async function openPage(
  browser: Browser,
  url: string,
  view: BrowserContextOptions = {},
): Promise<ChatPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...view,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
      problems.push(`asked ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A completion that nobody wants any more is given up by the page.
    if (!request.url().endsWith("/complete")) problems.push(`failed ${request.url()}`);
  });
  await page.goto(url);
  return { page, url, problems, close: () => context.close() };
}

/**
 * Waits until an expression holds in the page. Playwright's own way needs `eval`, which the page's content security
 * policy forbids.
 */
export async function until(page: Page, expression: string): Promise<void> {
  await expect.poll(() => page.evaluate(`Boolean(${expression})`), { timeout: 10_000 }).toBe(true);
}

/** Writes a message and sends it. */
export async function ask(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await page.keyboard.press("Enter");
}

export const field = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
export const messages = (page: Page) => page.getByRole("article");
export const last = (page: Page) => messages(page).last();
/** The last reply is whole. */
export const done = (page: Page) => page.getByRole("button", { name: "Retry" }).waitFor();
export const chatNames = (page: Page) => page.locator(".chat-name .title").allTextContents();

/** Drops or pastes a file, as the browser tells it. */
export async function handOver(
  page: Page,
  kind: "drop" | "paste",
  file: { name: string; type: string; bytes: Uint8Array },
): Promise<void> {
  const data = Buffer.from(file.bytes).toString("base64");
  await page.evaluate(`
    const bytes = Uint8Array.from(atob("${data}"), (one) => one.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "${file.name}", { type: "${file.type}" }));
    const event = "${kind}" === "paste"
      ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
      : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector("${kind === "paste" ? ".composer textarea" : ".scroller"}").dispatchEvent(event);
  `);
}
