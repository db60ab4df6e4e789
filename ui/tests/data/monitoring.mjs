// Project `monitoring`: runs that log the keys of the GRPO monitoring design, with the machine's metrics.
import { entity, runOf, seeded } from "./api.mjs";

const sources = ["gsm8k", "math", "hotpotqa", "humaneval"];

export function monitoringRow(step, random) {
  const progress = 1 - Math.exp(-step / 80);
  const row = {
    _step: step,
    _runtime: step * 12,
    _timestamp: 1_790_000_000 + step * 12,
    "train/loss": 1.2 - 0.8 * progress + 0.2 * random(),
    "train/kl_div": 0.02 * progress + 0.005 * random(),
    "train/avg_reward": 0.3 + 0.5 * progress + 0.1 * (random() - 0.5),
    "train/accuracy": 0.25 + 0.5 * progress + 0.1 * (random() - 0.5),
    "train/learning_rate": 2e-5 * (1 - step / 400),
    "grpo/zero_advantage_groups": Math.floor(random() * 5),
    "judge/success_rate": 0.95 + 0.05 * random(),
    "judge/parse_failure_rate": 0.03 * random(),
    "judge/api_failure_rate": 0.02 * random(),
    "judge/total_calls": 20 * (step + 1),
    "judge/correct_count": Math.round(20 * (step + 1) * 0.6),
    "judge/incorrect_count": Math.round(20 * (step + 1) * 0.4),
    "cost/total_cost": 0.012 * (step + 1),
    "cost/avg_cost_per_sample": 0.0006,
    "memory/allocated_gb": 11 + random(),
  };
  sources.forEach((source, index) => {
    row[`dataset/${source}/accuracy`] = Math.min(
      1,
      0.2 + 0.1 * index + 0.4 * progress + 0.2 * (random() - 0.5),
    );
    row[`dataset/${source}/count`] = Math.floor(random() * 8);
    row[`dataset/${source}/avg_reward`] = 0.3 + 0.4 * progress;
    if (step % 20 === 0) {
      row[`val/${source}/accuracy`] = Math.min(1, 0.25 + 0.1 * index + 0.35 * progress);
      row[`val/${source}/count`] = 50;
      row[`val/${source}/avg_cost`] = 0.002 + 0.001 * index;
    }
  });
  return row;
}

export async function fillMonitoring({ runs = 3, steps = 300 } = {}) {
  const owner = await entity();
  for (let index = 0; index < runs; index++) {
    const random = seeded(100 + index);
    const run = runOf(owner, "monitoring", `grpo${index}`);
    await run.begin({
      display_name: ["baseline", "more-kl", "bigger-batch"][index] ?? `grpo ${index}`,
      host: "gpu-box",
      program: "train_grpo.py",
      commit: "4f9d2ab1c0de",
      config: {
        learning_rate: 2e-5,
        kl_coef: 0.005 * (index + 1),
        batch: 4 + 4 * index,
        k: 2,
        model: { name: "qwen2.5-7b" },
      },
      tags: index === 0 ? ["baseline"] : [],
    });
    const rows = Array.from({ length: steps }, (_, step) => monitoringRow(step, random));
    await run.history(rows);
    await run.system(
      Array.from({ length: 120 }, (_, at) => ({
        _runtime: at * 30,
        _timestamp: 1_790_000_000 + at * 30,
        _wandb: true,
        "system.cpu": 40 + 30 * random(),
        "system.memory_percent": 50 + at / 10,
        "system.gpu.0.gpu": 85 + 10 * random(),
        "system.gpu.0.memoryAllocated": 70 + 5 * random(),
        "system.gpu.0.temp": 60 + 8 * random(),
      })),
    );
    await run.console(rows.map((row) => `step ${row._step} loss ${row["train/loss"].toFixed(4)}`));
    // As the client keeps it: the last value of every key, not only of those in the last row.
    await run.summary(Object.assign({}, ...rows));
    await run.finish();
  }
}
