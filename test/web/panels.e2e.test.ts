import { describe, expect, test } from "vitest";
import { ask, done, field } from "./chat-page.ts";
import { useChatPages } from "./use-chat-pages.ts";

const pages = useChatPages();
const typing = { answers: { "": "Hello there!" }, completions: ["How are you today?"] };

describe("the message field", () => {
  test("offers how to go on: Tab takes it, Escape dismisses it", async () => {
    const { page } = await pages.open({ script: typing });
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
    const { page } = await pages.open();
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
});

describe("the settings", () => {
  test("hold a system prompt and sampling, and the server's refusal of them", async () => {
    const { page } = await pages.open({ expected: /status of 400/ });
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
    const { page } = await pages.open({ expected: /status of 400/ });
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
    const { page } = await pages.open({
      script: { answers: { "": "a ".repeat(300) } },
      fake: { delayMs: 2 },
    });
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
