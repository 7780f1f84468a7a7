import { describe, expect, test } from "vitest";
import { ask, chatNames, done, last, messages, until } from "./chat-page.ts";
import { useChatPages } from "./use-chat-pages.ts";

const pages = useChatPages();
const long = { answers: { "": "a ".repeat(600) } };

describe("a reply", () => {
  test("is written as Markdown, and tells what it cost", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    expect(await last(page).locator("strong").textContent()).toBe("there");
    expect(await last(page).locator(".evaluated").textContent()).toMatch(
      /^\d+ of \d+ prompt tokens evaluated$/,
    );
    await expect.poll(() => page.getByRole("log").textContent()).toBe("Hello there!");
    await ask(page, "And now?");
    await page.getByText(/ reused$/).waitFor();
    await until(page, "document.querySelectorAll('article').length === 4");
    expect(await chatNames(page)).toEqual(["Hi"]);
  });

  test("has its thoughts folded, and its code can be copied", async () => {
    const answer = "<think>\nWell, well.\n</think>\n\nSo:\n\n```js\nlet a = 1;\n```";
    const { page } = await pages.open({
      script: { answers: { "": answer } },
      view: { permissions: ["clipboard-read", "clipboard-write"] },
    });
    await ask(page, "Code");
    await done(page);
    const thought = last(page).locator("details");
    expect(await thought.getByText("Well, well.").isVisible()).toBe(false);
    await thought.locator("summary").click();
    expect(await thought.getByText("Well, well.").isVisible()).toBe(true);
    await last(page).locator(".code-copy").click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("let a = 1;");
  });

  test("is stopped, kept, and goes on", async () => {
    const { page } = await pages.open({ script: long, fake: { delayMs: 4 } });
    await ask(page, "Talk");
    await page.locator(".writing .block").waitFor();
    expect(await page.locator(".writing").getAttribute("aria-busy")).toBe("true");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
    const before = (await last(page).locator(".content").textContent())!.length;
    expect(before).toBeLessThan(1100);
    await page.getByRole("button", { name: "Continue" }).click();
    await until(page, `document.querySelector(".writing .content")?.textContent.length > ${before}`);
    await page.keyboard.press("Escape");
    await page.getByText("Stopped", { exact: true }).waitFor();
    expect(await messages(page).count()).toBe(2);
    expect((await last(page).locator(".content").textContent())!.length).toBeGreaterThan(before);
  });

  test("is written again", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    const id = await last(page).getAttribute("data-id");
    await page.keyboard.press("Alt+R");
    await until(page, `!document.querySelector('[data-id="${id}"]')`);
    await done(page);
    expect(await messages(page).count()).toBe(2);
  });

  test("shows hostile text as text", async () => {
    const hostile =
      '<img src=x onerror="window.hurt=1"> ![p](https://host.example/p.png) [x](javascript:hurt=1) <script>hurt=1</script>';
    const { page } = await pages.open({ script: { answers: { "": hostile } } });
    await ask(page, hostile);
    await done(page);
    expect(await page.evaluate("window.hurt")).toBeUndefined();
    expect(await messages(page).locator("img, script").count()).toBe(0);
    expect(await last(page).textContent()).toContain('<img src=x onerror="window.hurt=1">');
    expect(
      await last(page)
        .locator("a")
        .evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
    ).toEqual(["https://host.example/p.png"]);
  });
});

describe("messages", () => {
  test("are edited and answered again; what stood before is reused", async () => {
    const { page } = await pages.open({ script: { answers: { "": "Hello!", "Two and two?": "Four." } } });
    await ask(page, "A first question that stays as it is");
    await done(page);
    await ask(page, "Two and one?");
    await until(page, "document.querySelectorAll('article').length === 4");
    await done(page);
    await messages(page).nth(2).getByRole("button", { name: "Edit" }).click();
    const field = page.getByRole("textbox", { name: "The message's text" });
    expect(await field.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
    await field.fill("Two and two?");
    await page.getByRole("button", { name: "Save and answer" }).click();
    await page.locator(".message.model").last().getByText("Four.").waitFor();
    await done(page);
    const cost = await last(page).locator(".evaluated").textContent();
    const [evaluated, prompt, reused] = (cost?.match(/\d+/g) ?? []).map(Number);
    expect(reused! + evaluated!).toBe(prompt);
    expect(reused!).toBeGreaterThan(evaluated!);
  });

  test("are removed, and come back with undo", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    await messages(page).first().hover();
    await messages(page).first().getByRole("button", { name: "Remove" }).click();
    await page.getByText("Message removed.").waitFor();
    expect(await messages(page).count()).toBe(1);
    await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
    await until(page, "document.querySelectorAll('article').length === 2");
  });

  test("that have no reply can be answered", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    await last(page).getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Answer it" }).click();
    await done(page);
    expect(await messages(page).count()).toBe(2);
  });

  test("are taken along into a fork", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    await messages(page).first().hover();
    await messages(page).first().getByRole("button", { name: "Fork from here" }).click();
    await page.getByRole("heading", { name: "Hi (fork)" }).waitFor();
    expect(await messages(page).count()).toBe(1);
    expect((await chatNames(page)).sort()).toEqual(["Hi", "Hi (fork)"]);
  });
});

describe("chats", () => {
  test("are created, renamed, opened by their address, and deleted", async () => {
    const { page, url } = await pages.open();
    await ask(page, "First");
    await done(page);
    await page.keyboard.press("Alt+N");
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
    await ask(page, "Second");
    await done(page);
    expect(await chatNames(page)).toEqual(["Second", "First"]);
    await page.locator(".chats li").first().hover();
    await page.getByRole("button", { name: "Rename Second" }).click();
    await page.getByRole("dialog").getByLabel("Title").fill("Other");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Other" }).waitFor();
    await page.getByRole("button", { name: "First", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "First" }).waitFor();
    const address = page.url();
    expect(address.startsWith(`${url}/#/chat/`)).toBe(true);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "First" }).waitFor();
    expect(await messages(page).count()).toBe(2);
    await page.locator(".chats li.current").hover();
    await page.getByRole("button", { name: "Delete First" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Other" }).waitFor();
    expect(await chatNames(page)).toEqual(["Other"]);
  });

  test("go on writing while another is open", async () => {
    const { page } = await pages.open({
      script: { answers: { "": "Short.", Talk: "a ".repeat(150) } },
      fake: { delayMs: 3 },
    });
    await ask(page, "Talk");
    await page.locator(".writing .block").waitFor();
    await page.getByRole("button", { name: "New chat", exact: true }).first().click();
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
    await ask(page, "Hi");
    await page.getByText("Short.").first().waitFor();
    await page.getByRole("button", { name: "Talk", exact: true }).click();
    await until(page, "document.querySelector('.message.model .content')?.textContent.length >= 299");
    await done(page);
  });
});
