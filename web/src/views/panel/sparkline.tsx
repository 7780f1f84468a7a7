const sparkWidth = 110;
const sparkHeight = 34;

/** The course of some values, without figures. */
export function Sparkline({ values }: { readonly values: readonly number[] }) {
  if (values.length < 2) return null;
  const max = Math.max(...values, 1);
  const step = sparkWidth / (values.length - 1);
  const points = values.map(
    (value, index) => `${index * step},${sparkHeight - 2 - (value / max) * (sparkHeight - 6)}`,
  );
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${sparkWidth} ${sparkHeight}`}
      aria-hidden="true"
      preserveAspectRatio="none"
    >
      <polygon points={`0,${sparkHeight} ${points.join(" ")} ${sparkWidth},${sparkHeight}`} />
      <polyline points={points.join(" ")} />
    </svg>
  );
}
