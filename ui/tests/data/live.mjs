// A run that grows until it is stopped from the page or with Ctrl-C: `node tests/data/live.mjs [rows per second]`.
import { pathToFileURL } from "node:url";
import { ask, entity, runOf, seeded } from "./api.mjs";
import { monitoringRow } from "./monitoring.mjs";

export async function beginLive(id = `live${Date.now().toString(36)}`) {
  const run = runOf(await entity(), "monitoring", id);
  const random = seeded(5);
  let step = 0;
  await run.begin({ display_name: "live", host: "gpu-box", config: { learning_rate: 2e-5, kl_coef: 0.005 } });
  return {
    id,
    run,
    async grow() {
      const row = monitoringRow(step, random);
      await run.history([row]);
      await run.console([`step ${step} loss ${row["train/loss"].toFixed(4)}`]);
      step += 1;
      return row;
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const perSecond = Number(process.argv[2] ?? 2);
  const live = await beginLive();
  console.log(`run ${live.id} grows`);
  const timer = setInterval(async () => {
    await live.grow();
    const { stopped } = await ask("POST", `${live.run.path}/lines`, {});
    if (!stopped) return;
    clearInterval(timer);
    await live.run.finish(255);
  }, 1000 / perSecond);
}
