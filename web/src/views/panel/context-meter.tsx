import type { ContextReport } from "../../api/wire.ts";
import type { LiveReply } from "../../state/chat-state.ts";
import { type ContextKind, contextPicture, formatRate, formatShare } from "../../state/context-picture.ts";
import { Sparkline } from "./sparkline.tsx";

const kindTexts: Readonly<Record<ContextKind, readonly [string, string]>> = {
  reused: ["Reused", "was there already, at its place"],
  moved: ["Moved", "was there, at another place"],
  shared: ["Shared", "taken over from another chat"],
  evaluated: ["Evaluated", "went through the model for the last reply"],
  written: ["Written", "written by the model"],
  free: ["Free", "room that is left"],
};

interface ContextMeterProps {
  readonly report: ContextReport | null;
  readonly reply: LiveReply | undefined;
  readonly lastRates: readonly number[];
  readonly contextSize: number;
}

/** A live picture of the context. */
export function ContextMeter({ report, reply, lastRates, contextSize }: ContextMeterProps) {
  if (report === null) {
    return (
      <div class="meter">
        <p class="meter-figure">
          0 <span class="faint">of {contextSize.toLocaleString("en")} tokens</span>
        </p>
        <div class="meter-bar" />
        <p class="faint">
          Nothing was evaluated for this chat since the server started. The next reply shows what it reused.
        </p>
      </div>
    );
  }
  const { used, size, fullness, slices } = contextPicture(report, reply?.generatedTokens);
  const rates = reply === undefined ? lastRates : reply.rates;
  const rate = rates.at(-1);
  return (
    <div class="meter">
      <p class="meter-figure">
        {used.toLocaleString("en")}{" "}
        <span class="faint">
          of {size.toLocaleString("en")} tokens, {formatShare(fullness)}
        </span>
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a <meter> cannot show several parts */}
      <div
        class="meter-bar"
        role="meter"
        aria-label="How full the context is"
        aria-valuemin={0}
        aria-valuemax={size}
        aria-valuenow={used}
        aria-valuetext={`${used} of ${size} tokens`}
      >
        {slices.map(
          ({ kind, share }) =>
            kind !== "free" &&
            share > 0 && <span key={kind} class={`slice ${kind}`} style={{ width: `${share * 100}%` }} />,
        )}
      </div>
      <dl class="legend">
        {slices.map(({ kind, tokens }) => (
          <div key={kind} title={kindTexts[kind][1]} class={tokens === 0 ? "none" : ""}>
            <dt>
              <span class={`swatch ${kind}`} />
              {kindTexts[kind][0]}
            </dt>
            <dd>{tokens.toLocaleString("en")}</dd>
          </div>
        ))}
      </dl>
      <div class="rate">
        <div>
          <p class="meter-figure">
            {rate === undefined ? "–" : formatRate(rate)} <span class="faint">tokens a second</span>
          </p>
          <p class="faint">First token after {report.promptMs.toLocaleString("en")} ms</p>
        </div>
        <Sparkline values={rates} />
      </div>
    </div>
  );
}
