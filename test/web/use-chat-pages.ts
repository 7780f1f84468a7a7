import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { ColloquyServer, ServerOptions } from "../../src/server/create-server.ts";
import { QwenChatWrapper } from "../../src/template/wrappers/qwen-chat-wrapper.ts";
import type { FakeSequenceOptions } from "../fake/fake-sequence.ts";
import { serveFake } from "../server/fake-server.ts";
import { buildWebClient, type ChatPage, launchBrowser, openPage } from "./chat-page.ts";
import { type Script, scriptedAnswers } from "./scripted-answers.ts";

export interface ChatPageOptions {
  /** What the model says. Default: "Hello **there**!" */
  readonly script?: Script;
  readonly fake?: Omit<FakeSequenceOptions, "next">;
  readonly server?: Partial<ServerOptions> & { readonly count?: number };
  readonly view?: BrowserContextOptions;
  /** Problems that belong to the test. Default: none may be there. */
  readonly expected?: RegExp;
  /** The page waits in an empty chat. Default `true`. */
  readonly isReady?: boolean;
}

export interface ChatPages {
  readonly browser: Browser;
  /** The folder of the built client. */
  readonly folder: string;
  /** A page of the real server over a fake engine. */
  open(options?: ChatPageOptions): Promise<ChatPage>;
  /** A page of a server that the caller has made and closes. */
  openAt(url: string, options?: Pick<ChatPageOptions, "view" | "expected">): Promise<ChatPage>;
}

/**
 * Pages for the tests of a file: one browser and one build for all, and a server for each page. After each test, no
 * page may have had an error, a failed request or one that leaves its server.
 */
export function useChatPages(): ChatPages {
  let browser: Browser;
  let client: Awaited<ReturnType<typeof buildWebClient>>;
  const opened: { chat: ChatPage; expected: RegExp | undefined; server?: ColloquyServer }[] = [];
  beforeAll(async () => {
    client = await buildWebClient();
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await client?.remove();
  });
  afterEach(async () => {
    for (const { chat, expected, server } of opened.splice(0)) {
      const problems = chat.problems.filter((one) => expected?.test(one) !== true);
      await chat.close();
      await server?.close();
      expect(problems).toEqual([]);
    }
  });
  return {
    get browser() {
      return browser;
    },
    get folder() {
      return client.folder;
    },
    async open({ script = greeting, fake, server: options, view, expected, isReady = true } = {}) {
      const { server } = serveFake({
        fake: { next: scriptedAnswers(script), ...fake },
        webDirectory: client.folder,
        modelName: "SmolLM2-135M-Instruct",
        chatWrapper: new QwenChatWrapper(),
        ...options,
      });
      const { url } = await server.listen({ port: 0 });
      const chat = await openPage(browser, url, view);
      opened.push({ chat, expected, server });
      if (isReady) await chat.page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
      return chat;
    },
    async openAt(url, { view, expected } = {}) {
      const chat = await openPage(browser, url, view);
      opened.push({ chat, expected });
      return chat;
    },
  };
}

const greeting: Script = { answers: { "": "Hello **there**!" } };
