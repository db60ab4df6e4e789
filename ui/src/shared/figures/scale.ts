// Places on a line in percent of its width, so that a figure fits any width without measuring it.

export interface Domain {
  min: number;
  max: number;
}

/** Percent from the left; what lies outside is held at the edge. */
export function percentOf(value: number, domain: Domain): number {
  if (!(domain.max > domain.min)) return 50;
  const share = (value - domain.min) / (domain.max - domain.min);
  return Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100;
}

/** The stretch that holds all finite `values` with some air around; null where there is none. */
export function domainOf(values: (number | null | undefined)[], air = 0.06): Domain | null {
  const finite = values.filter(
    (value): value is number => typeof value === "number" && Number.isFinite(value),
  );
  if (finite.length === 0) return null;
  const [min, max] = [Math.min(...finite), Math.max(...finite)];
  const pad = max > min ? (max - min) * air : Math.abs(max) * air || 1;
  return { min: min - pad, max: max + pad };
}

/** Equal bins from the least to the greatest value; one bin where all are equal. */
export function binsOf(values: number[], wanted: number): { from: number; to: number; count: number }[] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [];
  const [min, max] = finite.reduce(
    ([low, high], one) => [Math.min(low, one), Math.max(high, one)],
    [Infinity, -Infinity],
  );
  if (min === max) return [{ from: min, to: max, count: finite.length }];
  const width = (max - min) / wanted;
  const bins = Array.from({ length: wanted }, (_, at) => ({
    from: min + at * width,
    to: at === wanted - 1 ? max : min + (at + 1) * width,
    count: 0,
  }));
  for (const value of finite) {
    const bin = bins[Math.min(wanted - 1, Math.floor((value - min) / width))];
    if (bin) bin.count += 1;
  }
  return bins;
}
