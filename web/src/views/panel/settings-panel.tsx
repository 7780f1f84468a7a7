import type { ComponentChildren } from "preact";
import type { SessionJson } from "../../api/wire.ts";
import type { Commands } from "../../commands/commands.ts";
import type { ChatState, LiveReply } from "../../state/chat-state.ts";
import { IconButton } from "../controls/icon.tsx";
import type { Panes } from "../hooks/use-panes.ts";
import type { ChangeSettings } from "./change-settings.ts";
import { ContextMeter } from "./context-meter.tsx";
import { SamplingFields } from "./sampling-fields.tsx";
import { SchemaField } from "./schema-field.tsx";
import { SystemPromptField } from "./system-prompt-field.tsx";

interface SettingsPanelProps {
  readonly state: ChatState;
  readonly commands: Commands;
  readonly chat: SessionJson;
  readonly reply: LiveReply | undefined;
  readonly panes: Panes;
}

export function SettingsPanel({ state, commands, chat, reply, panes }: SettingsPanelProps) {
  const isBusy = reply !== undefined || chat.busy;
  const isShown = panes.isPanelShown;
  const onChange: ChangeSettings = (settings) => commands.changeSettings(chat.id, settings);
  return (
    <aside class={`panel ${isShown ? "shown" : ""}`} aria-label="Context and settings" inert={!isShown}>
      <header class="panel-head">
        <h2>Context and settings</h2>
        <IconButton name="close" label="Close settings" onClick={() => panes.showPanel(false)} />
      </header>
      <Section title="Context">
        <ContextMeter
          report={chat.context}
          reply={reply}
          lastRates={state.lastRates}
          contextSize={state.info?.model.contextSize ?? 0}
        />
      </Section>
      <fieldset class="bare" disabled={isBusy}>
        <legend class="unseen">Settings of this chat</legend>
        {isBusy && <p class="unseen">Settings can be changed when the reply is written.</p>}
        <Section title="System prompt">
          <SystemPromptField key={chat.id} value={chat.settings.systemPrompt} onChange={onChange} />
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
