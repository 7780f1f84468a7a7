import { shrinkPicture } from "./shrink-picture.ts";

export const pictureTypes: readonly string[] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

const picturesMax = 4;
/** Of a file that is read at all. */
const fileBytesMax = 64 * 2 ** 20;
/** Of a picture that is sent. Four of them, a third larger as text, fit into the server's 8 MiB of a request. */
const pictureBytesMax = 1.4 * 2 ** 20;

/** Pictures as `data:` addresses, large ones shrunk; and what was not taken, and why. */
export async function readPictures(
  files: Iterable<File>,
  alreadyThere: number,
): Promise<{ pictures: string[]; refused: string | null }> {
  const pictures: string[] = [];
  let refused: string | null = null;
  for (const file of files) {
    if (alreadyThere + pictures.length >= picturesMax) {
      refused = `A message takes at most ${picturesMax} pictures.`;
      break;
    }
    try {
      pictures.push(await readPicture(file));
    } catch (error) {
      refused = `“${file.name}” ${(error as Error).message}`;
    }
  }
  return { pictures, refused };
}

async function readPicture(file: File): Promise<string> {
  if (!pictureTypes.includes(file.type)) throw new Error("is no PNG, JPEG, WebP or GIF picture.");
  if (file.size > fileBytesMax) throw new Error("is larger than 64 MiB.");
  return dataUrl(file.size > pictureBytesMax ? await shrinkPicture(file, pictureBytesMax) : file);
}

function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("cannot be read."));
    reader.readAsDataURL(file);
  });
}
