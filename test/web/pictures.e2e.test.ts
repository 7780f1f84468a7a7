import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ColloquyServer, createServer } from "../../src/server/create-server.ts";
import { quartersPng } from "../media/colours.ts";
import { type OpenedMediaModel, openColourModel, openingMsMax } from "../media/open-models.ts";
import { ask, done, field, handOver, last, messages, until } from "./chat-page.ts";
import { useChatPages } from "./use-chat-pages.ts";

const pages = useChatPages();

async function redPng() {
  return { name: "red.png", type: "image/png", bytes: await quartersPng(["red", "red", "red", "red"]) };
}

describe("a model that takes text only", () => {
  test("is told of while pictures wait, and no message is lost", async () => {
    const { page } = await pages.open({ expected: /status of 400/ });
    await field(page).fill("What is this?");
    await handOver(page, "paste", await redPng());
    await handOver(page, "drop", await redPng());
    await until(page, "document.querySelectorAll('.attachments img').length === 2");
    await page.getByText("The model that is served takes text only.").waitFor();
    await page.getByRole("button", { name: "Remove picture 2" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("alert").getByText(/image/).waitFor();
    expect(await field(page).inputValue()).toBe("What is this?");
    expect(await page.locator(".attachments img").count()).toBe(1);
  });

  test("gets no files that are no pictures, wherever they are dropped", async () => {
    const { page, url } = await pages.open();
    const bytes = Buffer.from("x");
    await page
      .locator(".composer input[type=file]")
      .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: bytes });
    await page.getByText("“notes.txt” is no PNG").waitFor();
    await handOver(page, "drop", { name: "a.pdf", type: "application/pdf", bytes });
    await page.getByText("“a.pdf” is no PNG").waitFor();
    await handOver(page, "drop", { name: "broken.png", type: "image/png", bytes: Buffer.alloc(2 ** 21) });
    await page.getByText("“broken.png” cannot be read as a picture.").waitFor();
    expect(page.url().startsWith(url)).toBe(true);
    expect(await page.locator(".attachments").count()).toBe(0);
  });

  test("gets at most four pictures, and large ones made smaller", async () => {
    const { page } = await pages.open();
    const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
    const large = await sharp({
      create: { width: 1600, height: 1200, channels: 3, background: "red", noise },
    })
      .png()
      .toBuffer();
    expect(large.byteLength).toBeGreaterThan(4 * 2 ** 20);
    await handOver(page, "paste", { name: "photo.png", type: "image/png", bytes: large });
    await page.locator(".attachments img").waitFor();
    const sent = await page.locator(".attachments img").getAttribute("src");
    expect(sent).toMatch(/^data:image\/jpeg;base64,/);
    expect(sent!.length * 0.75).toBeLessThan(1.5 * 2 ** 20);
    const ratio =
      "document.querySelector('.attachments img').naturalWidth / 4 * 3 - document.querySelector('.attachments img').naturalHeight";
    expect(Math.abs(Number(await page.evaluate(ratio)))).toBeLessThanOrEqual(1);
    for (let count = 0; count < 4; count++) await handOver(page, "drop", await redPng());
    await page.getByText("A message takes at most 4 pictures.").waitFor();
    expect(await page.locator(".attachments img").count()).toBe(4);
  });
});

describe("a model that takes pictures", () => {
  let opened: OpenedMediaModel;
  let server: ColloquyServer;
  let url: string;
  beforeAll(async () => {
    opened = await openColourModel();
    const context = await opened.model.createContext({ contextSize: 512, sequences: 2 });
    server = createServer({ context, webDirectory: pages.folder, modelName: "colours" });
    ({ url } = await server.listen({ port: 0 }));
  }, openingMsMax);
  afterAll(async () => {
    await server?.close();
    await opened?.close();
  });

  test("sees them; an edited message keeps its picture, and so does a page that is loaded again", async () => {
    const { page } = await pages.openAt(url);
    await page.getByRole("heading", { name: "What shall we talk about?" }).waitFor();
    await page.getByLabel("Longest reply").fill("8");
    await page.getByLabel("Longest reply").press("Tab");
    await handOver(page, "drop", await redPng());
    await page.locator(".attachments img").waitFor();
    await ask(page, "Which colour is it?");
    await done(page);
    const pictures = messages(page).first().locator("img");
    expect(await pictures.getAttribute("src")).toMatch(/^data:image\/png;base64,/);
    expect(await page.locator(".attachments").count()).toBe(0);
    const cost = await last(page).locator(".evaluated").textContent();
    await page.reload();
    await done(page);
    expect(await pictures.count()).toBe(1);
    expect(await last(page).locator(".evaluated").textContent()).toBe(cost);
    await messages(page).first().hover();
    await messages(page).first().getByRole("button", { name: "Edit" }).click();
    expect(await messages(page).first().locator(".editor img").count()).toBe(1);
    await page.getByRole("textbox", { name: "The message's text" }).fill("Name its colour.");
    await page.keyboard.press("Control+Enter");
    await messages(page).first().getByText("Name its colour.").waitFor();
    await done(page);
    expect(await pictures.count()).toBe(1);
  });
});
