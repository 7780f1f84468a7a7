interface UserContentProps {
  readonly text: string;
  /** `data:` addresses. */
  readonly images?: readonly string[];
}

export function UserContent({ text, images = [] }: UserContentProps) {
  return (
    <>
      <Pictures images={images} />
      <p class="plain" dir="auto">
        {text}
      </p>
    </>
  );
}

export function Pictures({ images }: { readonly images: readonly string[] }) {
  if (images.length === 0) return null;
  return (
    <div class="pictures">
      {images.map((image, index) => (
        <img key={image} src={image} alt={`Sent ${index + 1}`} />
      ))}
    </div>
  );
}
