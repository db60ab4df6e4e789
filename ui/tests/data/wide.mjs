// Project `wide`: a run with 20,000 metrics; a project of many runs with many columns.
import { each, entity, runOf, seeded } from "./api.mjs";

export async function fillWideRun({ metrics = 20_000, steps = 5 } = {}) {
  const run = runOf(await entity(), "wide", "metrics20000");
  await run.begin({ display_name: "20,000 metrics", host: "box" });
  const random = seeded(7);
  for (let step = 0; step < steps; step++) {
    const row = { _step: step };
    for (let index = 0; index < metrics; index++) {
      row[`layer${String(Math.floor(index / 200)).padStart(3, "0")}/weight${index % 200}`] =
        random() / (step + 1);
    }
    await run.history([row]);
  }
  await run.finish();
}

export async function fillWideTable({ runs = 10_000, columns = 100 } = {}) {
  const owner = await entity();
  await each(
    Array.from({ length: runs }, (_, index) => index),
    2,
    async (index) => {
      const random = seeded(index + 1);
      const values = (prefix, count) =>
        Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}${at}`, random()]));
      await runOf(owner, "tenthousand", `t${index}`).begin({
        host: "box",
        display_name: `trial ${index}`,
        state: "finished",
        config: { ...values("c", columns / 2), kind: ["a", "b", "c"][index % 3] },
        summary: values("s", columns / 2),
      });
    },
  );
}
