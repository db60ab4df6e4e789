// Shares of a whole as arcs.

export interface Slice {
  metric: string;
  value: number;
  share: number;
  /** In turns from the top. */
  from: number;
  to: number;
}

export interface Pie {
  slices: Slice[];
  total: number;
  /** Metrics that can be no share: missing, negative, NaN, infinite. */
  leftOut: string[];
}

export function pieOf(values: { metric: string; value: number | null }[]): Pie {
  const isShare = (value: number | null): value is number =>
    value !== null && value >= 0 && Number.isFinite(value);
  const counted = values.filter((one): one is { metric: string; value: number } => isShare(one.value));
  const total = counted.reduce((sum, one) => sum + one.value, 0);
  let from = 0;
  const slices = counted.map(({ metric, value }) => {
    const share = total === 0 ? 0 : value / total;
    const slice = { metric, value, share, from, to: from + share };
    from = slice.to;
    return slice;
  });
  return { slices, total, leftOut: values.filter((one) => !isShare(one.value)).map((one) => one.metric) };
}

/** The path of a slice of the unit circle. */
export function arcOf({ from, to }: { from: number; to: number }): string {
  if (to - from >= 1 - 1e-9) return "M0 -1A1 1 0 1 1 -0.0001 -1Z";
  const at = (turns: number) =>
    `${Math.sin(2 * Math.PI * turns).toFixed(5)} ${(-Math.cos(2 * Math.PI * turns)).toFixed(5)}`;
  return `M0 0L${at(from)}A1 1 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}Z`;
}
