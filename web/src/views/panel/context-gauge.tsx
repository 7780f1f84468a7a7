import type { ContextReport } from "../../api/wire.ts";
import type { LiveReply } from "../../state/chat-state.ts";
import { contextPicture, formatShare } from "../../state/context-picture.ts";

interface ContextGaugeProps {
  readonly report: ContextReport | null;
  readonly reply: LiveReply | undefined;
}

/** The context as a small gauge, for the page's head. */
export function ContextGauge({ report, reply }: ContextGaugeProps) {
  const { fullness } = report === null ? { fullness: 0 } : contextPicture(report, reply?.generatedTokens);
  const around = 2 * Math.PI * 8;
  return (
    <>
      <svg class="gauge" viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="8" />
        <circle cx="10" cy="10" r="8" class="full" stroke-dasharray={`${fullness * around} ${around}`} />
      </svg>
      <span>{formatShare(fullness)}</span>
    </>
  );
}
