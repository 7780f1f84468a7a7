import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { expect, test } from "vitest";
import { quartersPng } from "../../test/media/colours.ts";
import { resolveMediaLimits } from "./media-source.ts";
import { readImage } from "./read-image.ts";

const limits = resolveMediaLimits();
const pixel = ({ width, data }: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];
/** Colours of quarters, with what lossy formats change of them. */
function expectQuarters(
  image: Awaited<ReturnType<typeof readImage>>,
  tolerance: number,
  colours: number[][],
) {
  const { width, height } = image;
  const found = [
    [1, 1],
    [width - 2, 1],
    [1, height - 2],
    [width - 2, height - 2],
  ].map(([x, y]) => pixel(image, x!, y!));
  for (const [index, colour] of colours.entries())
    for (const [channel, value] of colour.entries())
      expect(Math.abs(found[index]![channel]! - value), `${found}`).toBeLessThanOrEqual(tolerance);
}
const colours = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
];
const png = await quartersPng(["red", "green", "blue", "yellow"], 32);

test("becomes pixels", async () => {
  const { width, height, data } = await readImage(png, limits);
  expect([width, height, data.length]).toEqual([32, 32, 3072]);
  expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
  expect([...data.subarray(3069)]).toEqual([255, 255, 0]);
});

test("is grey in three channels, and made smaller when it is large", async () => {
  const grey = await sharp(Buffer.alloc(64 * 32, 100), { raw: { width: 64, height: 32, channels: 1 } })
    .png()
    .toBuffer();
  const { width, height, data } = await readImage(grey, { ...limits, sideMax: 16 });
  expect([width, height, data.length]).toEqual([16, 8, 384]);
  expect(new Set(data)).toEqual(new Set([100]));
});

test("reads every usual format alike", async () => {
  const jpeg = { quality: 100, chromaSubsampling: "4:4:4" };
  const formats: [string, Buffer, number][] = [
    ["JPEG", await sharp(png).jpeg(jpeg).toBuffer(), 4],
    [
      "progressive JPEG",
      await sharp(png)
        .jpeg({ ...jpeg, progressive: true })
        .toBuffer(),
      4,
    ],
    ["WebP", await sharp(png).webp({ lossless: true }).toBuffer(), 0],
    ["AVIF", await sharp(png).avif({ lossless: true }).toBuffer(), 4],
    ["TIFF", await sharp(png).tiff({ compression: "lzw" }).toBuffer(), 0],
    ["GIF", await sharp(png).gif().toBuffer(), 4],
    ["palette PNG", await sharp(png).png({ palette: true }).toBuffer(), 4],
    ["16-bit PNG", await sharp(png).toColourspace("rgb16").png().toBuffer(), 0],
  ];
  for (const [name, file, tolerance] of formats) {
    const image = await readImage(file, limits);
    expect([image.width, image.height, image.data.length], name).toEqual([32, 32, 3072]);
    expectQuarters(image, tolerance, colours);
  }
  expect((await sharp(formats[7]![1]).metadata()).depth).toBe("ushort");
});

test("reads inks as colours", async () => {
  const red = await quartersPng(["red", "red", "red", "red"], 32);
  const file = await sharp(red).toColourspace("cmyk").jpeg().toBuffer();
  expect((await sharp(file).metadata()).space).toBe("cmyk");
  const [r, g, b] = pixel(await readImage(file, limits), 16, 16);
  expect(r).toBeGreaterThan(200);
  expect(Math.max(g!, b!)).toBeLessThan(60);
});

test("16-bit grey with transparency is read too", async () => {
  const grey = await sharp(Buffer.alloc(8 * 8 * 2, 0x80), { raw: { width: 8, height: 8, channels: 2 } })
    .toColourspace("grey16")
    .png()
    .toBuffer();
  const { data } = await readImage(grey, limits);
  expect(data.length).toBe(192);
  expect(new Set(data).size).toBe(1);
});

test("is turned as its EXIF data say", async () => {
  // Orientation 6: to be turned by a quarter, clockwise.
  const turned = await sharp(png).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
  expectQuarters(await readImage(turned, limits), 40, [colours[2]!, colours[0]!, colours[3]!, colours[1]!]);
});

test("of an animation, the first frame is read", async () => {
  const frames = await Promise.all(
    (["red", "blue", "green"] as const).map((colour) => quartersPng([colour, colour, colour, colour])),
  );
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  expect((await sharp(gif).metadata()).pages).toBe(3);
  const image = await readImage(gif, limits);
  expect([image.width, image.height]).toEqual([16, 16]);
  expect(pixel(image, 8, 8)).toEqual([255, 0, 0]);
});

test("a drawing is read, and cannot reach other files", async () => {
  const svg = (content: string) =>
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">${content}</svg>`);
  const red = await readImage(svg('<rect width="16" height="16" fill="red"/>'), limits);
  expect(pixel(red, 8, 8)).toEqual([255, 0, 0]);
  const other = new URL("../../docs/screenshots/web-chat-dark.png", import.meta.url).href;
  const empty = await readImage(svg(`<image href="${other}" width="16" height="16"/>`), limits);
  expect(new Set(empty.data)).toEqual(new Set([255]));
});

/** A PNG that says to be large and has next to nothing in it. */
function bombPng(side: number): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(1000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

test("what is damaged, too large or of an unknown format is refused", async () => {
  const large = await quartersPng(["red", "green", "blue", "yellow"], 1000);
  const noise = await sharp(
    Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251)),
    {
      raw: { width: 64, height: 64, channels: 3 },
    },
  )
    .jpeg()
    .toBuffer();
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic\0\0\0\0mif1heic", "latin1")]);
  const files: [string, Buffer, number?][] = [
    ["text", Buffer.from("no image")],
    ["nothing", Buffer.alloc(0)],
    ["half a PNG", large.subarray(0, large.length / 2)],
    ["half a JPEG", noise.subarray(0, noise.length / 2)],
    ["many pixels", large, 999_999],
    ["a bomb", bombPng(60_000)],
    [
      "a large drawing",
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>'),
    ],
    ["HEIC", heic],
    ["PDF", Buffer.from("%PDF-1.7\n%%EOF")],
  ];
  for (const [name, file, pixelsMax = limits.pixelsMax] of files)
    await expect(readImage(file, { ...limits, pixelsMax }), name).rejects.toMatchObject({
      code: "media-invalid",
      message: expect.stringContaining("The image cannot be read: "),
    });
  await expect(readImage(heic, limits)).rejects.toMatchObject({
    message: expect.stringContaining("HEIC is not read"),
    hint: expect.stringContaining("JPEG"),
  });
  expect((await readImage(large, limits)).width).toBe(1000);
});
