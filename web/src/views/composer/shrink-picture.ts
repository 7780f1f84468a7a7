/** Longest sides that are tried, pixels. Models look at about a thousand. */
const sides = [2048, 1536, 1024, 512] as const;
const quality = 0.85;

/**
 * A picture of at most so many bytes, as JPEG. What is transparent becomes white.
 * @throws Error when the browser cannot read the picture
 */
export async function shrinkPicture(file: Blob, bytesMax: number): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error("cannot be read as a picture.");
  });
  try {
    for (const side of sides) {
      const smaller = await draw(picture, Math.min(1, side / Math.max(picture.width, picture.height)));
      if (smaller.size <= bytesMax) return smaller;
    }
  } finally {
    picture.close();
  }
  throw new Error("cannot be made small enough to send.");
}

async function draw(picture: ImageBitmap, scale: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(picture.width * scale)),
    Math.max(1, Math.round(picture.height * scale)),
  );
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("cannot be drawn.");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality });
}
