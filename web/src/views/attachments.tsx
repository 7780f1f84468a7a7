import { Icon, IconButton } from "./icon.tsx";

export const imageTypes: readonly string[] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

const imagesMax = 4;
/** Of one picture; as text in a request it grows by a third. */
const imageBytesMax = 4 * 2 ** 20;

interface AttachmentsProps {
  readonly images: readonly string[];
  readonly warning: string | null;
  readonly onRemove: (index: number) => void;
}

export function Attachments({ images, warning, onRemove }: AttachmentsProps) {
  if (images.length === 0) return null;
  return (
    <div class="attachments">
      <ul>
        {images.map((image, index) => (
          <li key={image}>
            <img src={image} alt={`Attached ${index + 1}`} />
            <IconButton name="close" label={`Remove picture ${index + 1}`} onClick={() => onRemove(index)} />
          </li>
        ))}
      </ul>
      {warning !== null && (
        <p class="warning" role="status">
          <Icon name="alert" /> {warning}
        </p>
      )}
    </div>
  );
}

/** Pictures as `data:` addresses, and what was not taken, and why. */
export async function readImages(
  files: Iterable<File>,
  alreadyThere: number,
): Promise<{ images: string[]; refused: string | null }> {
  const images: string[] = [];
  let refused: string | null = null;
  for (const file of files) {
    if (!imageTypes.includes(file.type)) refused = `“${file.name}” is no PNG, JPEG, WebP or GIF picture.`;
    else if (file.size > imageBytesMax) refused = `“${file.name}” is larger than 4 MiB.`;
    else if (alreadyThere + images.length >= imagesMax)
      refused = `A message takes at most ${imagesMax} pictures.`;
    else images.push(await dataUrl(file));
  }
  return { images, refused };
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
