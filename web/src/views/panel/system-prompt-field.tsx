import { useState } from "preact/hooks";
import type { ChangeSettings } from "./change-settings.ts";

export function SystemPromptField({
  value,
  onChange,
}: {
  readonly value: string | null;
  readonly onChange: ChangeSettings;
}) {
  const [text, setText] = useState(value ?? "");
  const [status, setStatus] = useState<string | null>(null);
  const [isOwn, setOwn] = useState(value !== null);
  const choose = () => {
    setOwn(!isOwn);
    void save(isOwn ? null : text);
  };
  const save = async (systemPrompt: string | null) => {
    if (systemPrompt === value) return;
    setStatus((await onChange({ systemPrompt })) ?? "Saved. The next reply follows it.");
  };
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={!isOwn} onChange={choose} />
        <span>Leave it to the model's chat format</span>
      </label>
      <textarea
        class="input"
        rows={4}
        aria-label="System prompt"
        dir="auto"
        placeholder="You are …"
        value={text}
        disabled={!isOwn}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={() => isOwn && save(text)}
      />
      <p class="faint" role="status">
        {status}
      </p>
    </>
  );
}
