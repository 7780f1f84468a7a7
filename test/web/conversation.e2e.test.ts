import { describe, expect, test } from "vitest";
import { ask, chatNames, done, last, messages, until } from "./chat-page.ts";
import { useChatPages } from "./use-chat-pages.ts";

const pages = useChatPages();
/** One way each to run, load or ask for something from within a text. */
const hostileTexts = [
  '<img src=x onerror="window.hurt=1"> <script>hurt=1</script>',
  "[x](javascript:hurt=1) [y](JaVa&#115;cript:hurt=1) <javascript:hurt=1> [z](vbscript:hurt)",
  "[x](data:text/html,<script>hurt=1</script>) ![p](data:image/svg+xml,<svg/onload=hurt=1>)",
  "![p](https://host.example/p.png) [a](https://host.example/ \"t' onmouseover='hurt=1\")",
  "<svg><style><img src=x onerror=hurt=1></style></svg> <math><mtext><script>hurt=1</script></mtext></math>",
  '<iframe srcdoc="<script>parent.hurt=1</script>"></iframe><form action="https://host.example/"><button>x</button></form>',
  '- ```"><img src=x onerror=hurt=1>\n  <script>hurt=1</script>\n  ```\n\n| <img src=x onerror=hurt=1> |\n| - |\n| <b style="position:fixed">x</b> |',
];
const long = { answers: { "": "a ".repeat(600) } };

describe("a reply", () => {
  test("is written as Markdown, and tells what it cost", async () => {
    const { page } = await pages.open();
    await ask(page, "Hi");
    await done(page);
    expect(await last(page).locator("strong").textContent()).toBe("there");
    expect(await last(page).locator(".evaluated").textContent()).toMatch(/^\d+ of \d+ tokens evaluated$/);
    await expect.poll(() => page.getByRole("log").textContent()).toBe("Hello there!");
    await ask(page, "And now?");
    await page.getByText(/ reused$/).waitFor();
    await until(page, "document.querySelectorAll('article').length === 4");
    expect(await chatNames(page)).toEqual(["Hi"]);
    const costs = await page.locator(".report").allTextContents();
    await page.reload();
    await done(page);
    expect(await page.locator(".report").allTextContents()).toEqual(costs);
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

  test("whose thoughts are unfolded while they are written stays so when it is whole", async () => {
    const { page } = await pages.open({
      script: { answers: { "": `<think>\n${"Hm. ".repeat(60)}\n</think>\n\nYes.` } },
      fake: { delayMs: 3 },
    });
    await ask(page, "Well?");
    await page.locator(".writing summary").click();
    await done(page);
    expect(await last(page).getByText("Hm. Hm.").isVisible()).toBe(true);
  });

  test("shows the functions that it calls, folded", async () => {
    const call = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call>';
    const properties = { a: { type: "integer" }, b: { type: "integer" } } as const;
    const { page } = await pages.open({
      script: { answers: { "": call } },
      server: {
        functions: {
          add: {
            params: { type: "object", properties },
            handler: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }),
          },
        },
      },
    });
    await page.getByLabel("Longest reply").fill("120");
    await page.getByLabel("Longest reply").press("Tab");
    await ask(page, "1 + 2?");
    await done(page);
    const fold = last(page).locator("details").first();
    expect(await fold.locator("summary").textContent()).toBe("Called add");
    expect(await fold.locator("pre").first().isVisible()).toBe(false);
    await fold.locator("summary").click();
    expect((await fold.locator("code").allTextContents()).slice(1)).toEqual([
      '{\n  "a": 1,\n  "b": 2\n}',
      '{\n  "sum": 3\n}',
    ]);
  });

  test("leaves its reader alone who has scrolled up, and takes along who is at its end", async () => {
    const { page } = await pages.open({
      script: { answers: { "": "word\n\n".repeat(120) } },
      fake: { delayMs: 2 },
    });
    const box = 'document.querySelector(".scroller")';
    const fromEnd = `${box}.scrollHeight - ${box}.scrollTop - ${box}.clientHeight`;
    await ask(page, "Talk");
    await until(page, `${box}.scrollHeight > ${box}.clientHeight + 300`);
    await until(page, `${fromEnd} < 2`);
    await page.locator(".scroller").hover();
    await page.mouse.wheel(0, -150);
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    const top = await page.evaluate(`${box}.scrollTop`);
    await until(page, `${fromEnd} > 600`);
    expect(await page.evaluate(`${box}.scrollTop`)).toBe(top);
    await page.getByRole("button", { name: "Jump to latest" }).click();
    await done(page);
    await until(page, `${fromEnd} < 2`);
    expect(await page.getByRole("button", { name: "Jump to latest" }).count()).toBe(0);
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

  test("runs, loads and asks nothing, whatever stands in it", async () => {
    const answers = Object.fromEntries(hostileTexts.map((text) => [text.replaceAll("\n", " "), text]));
    const { page } = await pages.open({ script: { answers } });
    for (const [count, hostile] of Object.keys(answers).entries()) {
      await ask(page, hostile);
      await until(page, `document.querySelectorAll("article:not(.writing)").length === ${2 * count + 2}`);
    }
    const replies = page.locator(".message.model .content");
    const shown = await replies.allTextContents();
    expect(shown.filter((text) => text.trim() !== "")).toHaveLength(hostileTexts.length);
    const addresses = await replies
      .locator("a")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    expect(addresses).toEqual(["https://host.example/p.png", "https://host.example/"]);
    const foreign =
      "img, script, svg, iframe, object, embed, style, link, form, video, math, base, meta, template";
    expect(await page.locator(".content").locator(foreign).count()).toBe(0);
    const handlers = `[...document.querySelectorAll(".content *")].flatMap((one) => one.getAttributeNames())
      .filter((name) => name.startsWith("on") || name === "style" || name === "srcdoc")`;
    expect(await page.evaluate(handlers)).toEqual([]);
    expect(await page.evaluate("window.hurt")).toBeUndefined();
  });

  test("is shown from right to left where its text is, its code is not", async () => {
    const arabic = "مرحبا بالعالم";
    const { page } = await pages.open({
      script: { answers: { "": `${arabic}\n\n- ${arabic}\n\n\`\`\`\nlet a\n\`\`\`` } },
    });
    await ask(page, arabic);
    await done(page);
    const direction = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((one) => one.ownerDocument.defaultView!.getComputedStyle(one).direction);
    expect(await direction(".message.user .plain")).toBe("rtl");
    expect(await direction(".message.model .markup p")).toBe("rtl");
    expect(await direction(".message.model li")).toBe("rtl");
    expect(await direction(".message.model pre")).toBe("ltr");
    expect(await direction("h1")).toBe("rtl");
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
  test("are found by their title", async () => {
    const { page } = await pages.open();
    for (const text of ["Bread and butter", "Tea"]) {
      await page.keyboard.press("Alt+N");
      await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
      await ask(page, text);
      await done(page);
    }
    await page.keyboard.press("Alt+K");
    await page.getByRole("textbox", { name: "Search the chats' titles" }).waitFor();
    await page.keyboard.type("BREAD");
    await expect.poll(() => chatNames(page)).toEqual(["Bread and butter"]);
    await page.keyboard.type("x");
    await page.getByText("No title holds “BREADx”.").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => chatNames(page)).toEqual(["Tea", "Bread and butter"]);
  });

  test("of hundreds of messages draw nothing again but the reply that is written", async () => {
    const { page, url } = await pages.open({
      script: { answers: { "": "a ".repeat(60) } },
      fake: { delayMs: 2 },
    });
    const talk = Array.from({ length: 300 }, (_, index) => ({
      role: index % 2 === 0 ? "user" : "model",
      text: `**${index}** and some words, \`code\`, more words.`,
    }));
    const created = await fetch(`${url}/api/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ title: "Long", messages: talk.slice(0, 300) }),
    });
    const { id } = (await created.json()) as { id: string };
    await page.goto(`${url}/#/chat/${id}`);
    await until(page, "document.querySelectorAll('article').length === 300");
    await page.evaluate(`
      window.changed = 0;
      const old = [...document.querySelectorAll("article .content")];
      new MutationObserver((records) => {
        window.changed += records.filter(({ target }) => old.some((one) => one.contains(target))).length;
      }).observe(document.querySelector(".messages"), { subtree: true, childList: true, characterData: true, attributes: true });
    `);
    await ask(page, "And now?");
    await until(page, "document.querySelectorAll('article').length === 302");
    await until(page, "document.querySelector('.writing') === null");
    expect(await page.evaluate("window.changed")).toBe(0);
  });

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
