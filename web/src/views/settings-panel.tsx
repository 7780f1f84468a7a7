import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { SessionJson, SessionSettings } from "../api/wire.ts";
import type { LiveReply } from "../state/chat-state.ts";
import { ContextMeter } from "./context-meter.tsx";
import { IconButton } from "./icon.tsx";
import { SamplingFields } from "./sampling-fields.tsx";
import { SchemaField } from "./schema-field.tsx";

export type ChangeSettings = (settings: Partial<SessionSettings>) => Promise<string | null>;

interface SettingsPanelProps {
  readonly chat: SessionJson;
  readonly reply: LiveReply | undefined;
  readonly lastRates: readonly number[];
  readonly contextSize: number;
  readonly isShown: boolean;
  readonly onChange: ChangeSettings;
  readonly onClose: () => void;
}

export function SettingsPanel(props: SettingsPanelProps) {
  const { chat, reply, isShown, onChange } = props;
  const isBusy = reply !== undefined || chat.busy;
  return (
    <aside class={`panel ${isShown ? "shown" : ""}`} aria-label="Context and settings" inert={!isShown}>
      <header class="panel-head">
        <h2>Context and settings</h2>
        <IconButton name="close" label="Close settings" onClick={props.onClose} />
      </header>
      <Section title="Context">
        <ContextMeter
          report={chat.context}
          reply={reply}
          lastRates={props.lastRates}
          contextSize={props.contextSize}
        />
      </Section>
      <fieldset class="bare" disabled={isBusy}>
        <legend class="unseen">Settings of this chat</legend>
        {isBusy && <p class="faint">Settings can be changed when the reply is written.</p>}
        <Section title="System prompt">
          <SystemPrompt key={chat.id} value={chat.settings.systemPrompt} onChange={onChange} />
        </Section>
        <Section title="Sampling">
          <SamplingFields key={chat.id} sampling={chat.settings.sampling} onChange={onChange} />
        </Section>
        <Section title="Reply format">
          <SchemaField key={chat.id} schema={chat.settings.schema} onChange={onChange} />
        </Section>
      </fieldset>
    </aside>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="section" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function SystemPrompt({
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
