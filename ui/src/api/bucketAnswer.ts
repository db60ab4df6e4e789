// The binary form of `POST …/buckets`: columns of 64-bit floats, looked at where they lie in the answer.

export interface BucketHeader {
  columns: string[];
  missing_runs: string[];
  series: { run: string; key: string; width: number; n: number; offset: number }[];
}

export interface BucketColumns {
  run: string;
  key: string;
  /** By the column's name; NaN where there is no number. */
  columns: Record<string, Float64Array>;
}

export const bucketType = "application/vnd.gradus.buckets";

/** Throws where the answer is shorter than its header says. */
export function decodeBuckets(bytes: ArrayBuffer): BucketColumns[] {
  const headerBytes = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, headerBytes))) as BucketHeader;
  const body = 4 + headerBytes;
  return header.series.map(({ run, key, n, offset }) => ({
    run,
    key,
    columns: Object.fromEntries(
      header.columns.map((name, place) => [name, new Float64Array(bytes, body + offset + 8 * n * place, n)]),
    ),
  }));
}
