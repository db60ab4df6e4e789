// Project `long`: one series of very many points, for the bar of zooming.
import { ask, entity, runOf, seeded } from "./api.mjs";

const rowsPerRequest = 100_000;

export async function fillLong({ points = 10_000_000 } = {}) {
  const run = runOf(await entity(), "long", `points${points}`);
  const known = await ask("GET", run.path).catch(() => null);
  if (known?.state === "finished") return run;
  const random = seeded(3);
  await run.begin({ display_name: `${points} points`, host: "box" });
  for (let from = 0; from < points; from += rowsPerRequest) {
    const rows = Array.from({ length: Math.min(rowsPerRequest, points - from) }, (_, at) => {
      const step = from + at;
      // A fall, waves of every length, noise, and rare peaks that no sample would show.
      const peak = random() < 2e-6 ? 3 : 0;
      const waves = 0.2 * Math.sin(step / 400_000) + 0.1 * Math.sin(step / 900) + 0.05 * Math.sin(step / 9);
      return { _step: step, loss: 2 * Math.exp(-step / 3e6) + waves + 0.1 * random() + peak };
    });
    await run.history(rows);
  }
  await run.finish();
  return run;
}
