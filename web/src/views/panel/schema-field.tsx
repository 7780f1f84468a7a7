import { useEffect, useState } from "preact/hooks";
import type { SessionSettings } from "../../api/wire.ts";
import type { ChangeSettings } from "./change-settings.ts";

type Schema = SessionSettings["schema"];

const example = {
  type: "object",
  properties: {
    answer: { type: "string" },
    confidence: { enum: ["low", "medium", "high"] },
  },
  required: ["answer", "confidence"],
  additionalProperties: false,
};

interface SchemaFieldProps {
  readonly schema: Schema;
  readonly onChange: ChangeSettings;
}

/** A JSON schema that replies are held to. The server says what it cannot use. */
export function SchemaField({ schema, onChange }: SchemaFieldProps) {
  const [text, setText] = useState(() => format(schema));
  const [error, setError] = useState<string | null>(null);
  const [isSaved, setSaved] = useState(false);
  useEffect(() => setText(format(schema)), [schema]);
  const apply = async (next: string) => {
    setSaved(false);
    const parsed = parse(next);
    if (parsed.error !== undefined) return setError(parsed.error);
    const refused = await onChange({ schema: parsed.value });
    setError(refused);
    setSaved(refused === null);
  };
  return (
    <>
      <p class="faint">
        {schema === null ? "Replies are free text." : "Replies are JSON that fits this schema."}
      </p>
      <textarea
        class="input mono"
        rows={8}
        spellcheck={false}
        aria-label="JSON schema"
        aria-invalid={error !== null}
        placeholder={'{ "type": "object", … }'}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {error !== null && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class="button primary"
          disabled={text.trim() === ""}
          onClick={() => apply(text)}
        >
          Apply
        </button>
        <button type="button" class="button" onClick={() => setText(format(example))}>
          Example
        </button>
        {schema !== null && (
          <button
            type="button"
            class="button quiet"
            onClick={() => {
              setText("");
              void apply("");
            }}
          >
            Remove
          </button>
        )}
      </div>
      <p class="faint" role="status">
        {isSaved ? "Saved. The next reply follows it." : ""}
      </p>
    </>
  );
}

function format(schema: Schema): string {
  return schema === null ? "" : JSON.stringify(schema, null, 2);
}

function parse(text: string): { readonly value: Schema; readonly error?: string } {
  if (text.trim() === "") return { value: null };
  try {
    return { value: JSON.parse(text) as Schema };
  } catch (error) {
    return { value: null, error: `This is no JSON: ${(error as Error).message}` };
  }
}
