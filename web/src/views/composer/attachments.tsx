import { Icon, IconButton } from "../controls/icon.tsx";

interface AttachmentsProps {
  readonly images: readonly string[];
  /** The model takes no pictures. */
  readonly isRefused: boolean;
  readonly onRemove: (index: number) => void;
}

export function Attachments({ images, isRefused, onRemove }: AttachmentsProps) {
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
      {isRefused && (
        <p class="warning" role="status">
          <Icon name="alert" /> The model that is served takes text only.
        </p>
      )}
    </div>
  );
}
