import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";
import type { ServerOptions } from "../../src/server/create-server.ts";
import { QwenChatWrapper } from "../../src/template/wrappers/qwen-chat-wrapper.ts";
import { type FakeSequenceOptions, type NextToken, scripted } from "../fake/fake-sequence.ts";
import { serveFake } from "../server/fake-server.ts";

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

/** What the fake model says to a question, and how it goes on with what a user types. */
export interface Script {
  readonly answers: Readonly<Record<string, string>>;
  readonly completions?: readonly string[];
}

const userMark = "<|im_start|>user\n";
const modelMark = "<|im_start|>assistant\n";

/** A model that answers by the text of the last question. */
export function scriptedAnswers({ answers, completions = [] }: Script): NextToken {
  return scripted(({ text }) => {
    const question = text.slice(text.lastIndexOf(userMark) + userMark.length);
    const end = question.indexOf("<|im_end|>");
    if (end === -1) return completions.find((one) => one.startsWith(question))?.slice(question.length) ?? "";
    const reply = answers[question.slice(0, end)] ?? answers[""] ?? "";
    const written = text
      .slice(text.lastIndexOf(modelMark) + modelMark.length)
      .replace(/^<think>\n\n<\/think>\n\n/, "");
    return reply.startsWith(written) ? reply.slice(written.length) : "";
  });
}

export interface ChatPage {
  readonly page: Page;
  readonly url: string;
  /** Errors of the page and of its console. */
  readonly errors: string[];
  /** Addresses the page asked for outside of its server. */
  readonly foreign: string[];
  close(): Promise<void>;
}

export interface ChatPageOptions {
  readonly folder: string;
  readonly script: Script;
  readonly fake?: Omit<FakeSequenceOptions, "next">;
  readonly server?: Partial<ServerOptions> & { count?: number };
  readonly view?: BrowserContextOptions;
}

/** A page with the web client, served by the real server over a fake engine. */
export async function openChatPage(browser: Browser, options: ChatPageOptions): Promise<ChatPage> {
  const { server } = serveFake({
    fake: { next: scriptedAnswers(options.script), ...options.fake },
    webDirectory: options.folder,
    modelName: "SmolLM2-135M-Instruct",
    chatWrapper: new QwenChatWrapper(),
    ...options.server,
  });
  const { url } = await server.listen({ port: 0 });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options.view,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  await page.goto(url);
  return {
    page,
    url,
    errors,
    foreign,
    async close() {
      await context.close();
      await server.close();
    },
  };
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
  await page.getByRole("textbox", { name: "Message", exact: true }).fill(text);
  await page.keyboard.press("Enter");
}
