// Project `scale`: many runs with long histories, for the bars of speed.
import { each, entity, runOf, seeded } from "./api.mjs";

export async function fillScale({ project = "scale", runs = 200, points = 10_000 } = {}) {
  const owner = await entity();
  await each(
    Array.from({ length: runs }, (_, index) => index),
    2,
    async (index) => {
      const random = seeded(index + 1);
      const lr = 10 ** (-4 + 2 * random());
      const config = {
        lr,
        seed: index % 5,
        optimizer: ["adamw", "lion", "sgd"][index % 3],
        lora: { r: [8, 16, 32, 64][index % 4], alpha: 32 },
        batch_size: [4, 8, 16][index % 3],
        base_model: index % 2 ? "smollm2-135m-instruct" : "ministral-3b",
      };
      const run = runOf(owner, project, `scale${String(index).padStart(4, "0")}`);
      await run.begin({
        display_name: `${config.optimizer}-lr${lr.toExponential(1)}-s${config.seed}`,
        host: "box",
        config,
        group: `r${config.lora.r}`,
        tags: index % 7 ? [] : ["keeper"],
      });
      let last = {};
      for (let from = 0; from < points; from += 5000) {
        const rows = [];
        for (let step = from; step < Math.min(points, from + 5000); step++) {
          const floor = 0.4 + 3 * Math.abs(Math.log10(lr) + 3) * 0.15;
          last = {
            _step: step,
            _runtime: step * 0.5,
            _timestamp: 1_790_000_000 + index * 60 + step * 0.5,
            "train/loss": floor + 2.5 * Math.exp(-step / (1500 + 1000 * random())) + 0.15 * (random() - 0.5),
            "train/accuracy": Math.min(1, 0.9 - 0.6 * Math.exp(-step / 2500) + 0.05 * (random() - 0.5)),
          };
          if (step % 500 === 0) last["val/loss"] = floor + 0.1 + 2.5 * Math.exp(-step / 2000);
          rows.push(last);
        }
        await run.history(rows);
      }
      await run.summary({ ...last, "val/loss": last["train/loss"] + 0.08 });
      await run.finish(index % 31 === 30 ? 1 : 0);
    },
  );
}
