import { useState } from "preact/hooks";
import type { SessionSampling } from "../../api/wire.ts";
import type { ChangeSettings } from "./change-settings.ts";

interface SamplingField {
  readonly name: keyof SessionSampling;
  readonly label: string;
  readonly hint: string;
  readonly placeholder: string;
  readonly min: number;
  readonly max?: number;
  readonly step: number;
}

const fields: readonly SamplingField[] = [
  {
    name: "temperature",
    label: "Temperature",
    hint: "0 takes the most probable token",
    placeholder: "0 by default",
    min: 0,
    max: 100,
    step: 0.1,
  },
  {
    name: "topP",
    label: "Top P",
    hint: "Keeps the most probable tokens up to this share",
    placeholder: "0.95 by default",
    min: 0,
    max: 1,
    step: 0.01,
  },
  {
    name: "topK",
    label: "Top K",
    hint: "Keeps this many of the most probable tokens",
    placeholder: "40 by default",
    min: 0,
    step: 1,
  },
  {
    name: "minP",
    label: "Min P",
    hint: "Least share of the most probable token's probability",
    placeholder: "0 by default",
    min: 0,
    max: 1,
    step: 0.01,
  },
  {
    name: "seed",
    label: "Seed",
    hint: "The same seed gives the same reply",
    placeholder: "random",
    min: 0,
    step: 1,
  },
  { name: "maxTokens", label: "Longest reply", hint: "Tokens", placeholder: "no limit", min: 1, step: 1 },
  {
    name: "repeatPenalty",
    label: "Repeat penalty",
    hint: "Above 1, repeated tokens are less likely",
    placeholder: "1 by default",
    min: 0.01,
    max: 100,
    step: 0.05,
  },
  {
    name: "frequencyPenalty",
    label: "Frequency penalty",
    hint: "For each time a token was there",
    placeholder: "0 by default",
    min: -2,
    max: 2,
    step: 0.1,
  },
  {
    name: "presencePenalty",
    label: "Presence penalty",
    hint: "For tokens that were there at all",
    placeholder: "0 by default",
    min: -2,
    max: 2,
    step: 0.1,
  },
];

interface SamplingFieldsProps {
  readonly sampling: SessionSampling;
  readonly onChange: ChangeSettings;
}

export function SamplingFields({ sampling, onChange }: SamplingFieldsProps) {
  const [texts, setTexts] = useState(() => textsOf(sampling));
  const [error, setError] = useState<string | null>(null);
  const save = async () => setError(await onChange({ sampling: samplingOf(texts) }));
  return (
    <>
      <div class="sampling">
        {fields.map(({ name, label, hint, placeholder, min, max, step }) => (
          <label key={name} class="field" title={hint}>
            <span>{label}</span>
            <input
              class="input"
              type="number"
              inputMode="decimal"
              value={texts[name] ?? ""}
              placeholder={placeholder}
              min={min}
              max={max}
              step={step}
              aria-description={hint}
              onInput={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
              onChange={save}
            />
          </label>
        ))}
      </div>
      {error !== null && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
      <p class="faint">Empty fields have the server's default.</p>
    </>
  );
}

type Texts = Readonly<Partial<Record<keyof SessionSampling, string>>>;

function textsOf(sampling: SessionSampling): Texts {
  return Object.fromEntries(Object.entries(sampling).map(([name, value]) => [name, String(value)]));
}

function samplingOf(texts: Texts): SessionSampling {
  const filled = Object.entries(texts).filter(([, text]) => text !== "");
  return Object.fromEntries(filled.map(([name, text]) => [name, Number(text)]));
}
