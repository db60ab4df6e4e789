// Project `judged`: evaluations that compare well, others that must be refused, and texts that break pages which
// trust them. Rows are made by code and give exactly the figures of their reports.
import { entity, putFile, runOf, seeded } from "./api.mjs";

const script = `<script>window.hacked=1</script><img src=x onerror="window.hacked=1">`;
const fields = ["energy", "warmth", script];
const rowCount = 120;

export async function fillJudged() {
  const owner = await entity();
  for (const report of reports()) await record(owner, "judged", report);
  await recordOdd(owner);
}

/** Two evaluations of 50,000 rows. */
export async function fillManyRows() {
  const owner = await entity();
  for (const report of reports().filter(({ run }) => ["base", "better"].includes(run)))
    await record(owner, "many-rows", { ...report, count: 50_000 });
}

/** Reports that lack something: a score, the rows, any row at all, or their sense. */
async function recordOdd(owner) {
  const rows = rowsOf({ model: "odd", error: 2, seed: 8 });
  const summary = summaryOf({ model: "odd" }, rows);
  const nothing = { value: null, n: 0, interval95: null };
  const undefinedMetrics = Object.fromEntries(
    Object.entries(summary.metrics).map(([name, figure]) => [name, { ...figure, ...nothing }]),
  );
  const odd = {
    "no-score": { ...summary, model: "no score", metrics: undefinedMetrics, strata: {} },
    "no-rows": { ...summary, model: "report without rows" },
    "zero-rows": { ...summaryOf({ model: "zero rows" }, []), model: "zero rows" },
  };
  for (const [name, report] of Object.entries(odd)) {
    const run = runOf(owner, "judged", name);
    await run.begin({ host: "box", job_type: "eval", config: { task: "judged" } });
    await putFile(run, "eval_summary.json", JSON.stringify(report));
    if (name === "zero-rows") await putFile(run, "rows.jsonl", "");
    await run.finish();
  }
  const broken = runOf(owner, "judged", "unreadable");
  await broken.begin({ host: "box", job_type: "eval", config: { task: "judged" } });
  await putFile(broken, "eval_summary.json", '{"metrics": NaN');
  await broken.finish();
}

function reports() {
  return [
    { run: "constant", model: "constant", backend: "baseline", error: 3.4, seed: 1 },
    { run: "base", model: "smollm2-135m-instruct", error: 2.6, seed: 2, broken: 9 },
    { run: "better", model: "smollm2-135m-instruct+outputs/first", error: 1.1, seed: 3, broken: 1 },
    { run: "much-alike", model: "smollm2-135m-instruct+outputs/second", error: 2.55, seed: 4, broken: 8 },
    { run: "fallback", model: "openai:big-model", error: 2, seed: 5, others: 100 },
    { run: "other-rows", model: "smollm2-135m-instruct", error: 2, seed: 6, data: "e" },
    {
      run: "odd-ids",
      model: "rows of odd names",
      error: 2,
      seed: 9,
      ids: [".", "..", "a/b", "../base", "%2e", "a?b#c"],
    },
    { run: "hostile", model: `${script} model`, error: 2.2, seed: 7, broken: 3, hostile: true },
  ];
}

async function record(owner, project, report) {
  const rows = rowsOf(report);
  const run = runOf(owner, project, report.run);
  await run.begin({ host: "box", job_type: "eval", config: { task: "judged" } });
  await putFile(run, "eval_summary.json", JSON.stringify(summaryOf(report, rows)));
  await putFile(run, "rows.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await run.summary({});
  await run.finish();
}

function rowsOf(report) {
  const [targets, noise] = [seeded(99), seeded(report.seed)];
  return Array.from({ length: report.count ?? rowCount }, (_, place) => {
    const target = Object.fromEntries(fields.map((field) => [field, Math.floor(targets() * 11)]));
    const parsed = Object.fromEntries(
      fields.map((field) => {
        const miss = Math.round((noise() - 0.5) * 4 * report.error);
        return [field, Math.max(0, Math.min(10, target[field] + miss))];
      }),
    );
    const isBroken = place % 13 === 5 && place / 13 < (report.broken ?? 0);
    const isOurs = place >= (report.others ?? 0);
    const errors = fields.map((field) => Math.abs(parsed[field] - target[field]));
    // What cannot be read costs the worst possible error on the scale.
    const worst = fields.map((field) => Math.max(target[field], 10 - target[field]));
    return {
      id: report.ids?.[place] ?? `row-${place}`,
      row: place + 1,
      split: "frozen",
      strata: { kind: place % 3 === 0 ? "short" : "long" },
      prompt_sha256: "a".repeat(64),
      messages: [
        { role: "system", content: "Rate the request. Answer in JSON." },
        {
          role: "user",
          content:
            place % 10 === 0
              ? `${script} ${place}`
              : `Request number ${place}, somewhat ${place % 2 ? "dark" : "bright"}.`,
        },
      ],
      target,
      constrained: {
        mode: "constrained",
        raw: isBroken ? `Sure! ${report.hostile ? script : "Here you go:"}` : JSON.stringify(parsed),
        parsed: isBroken ? null : parsed,
        failure: isBroken ? "no_json_start" : null,
        lenient_valid: !isBroken,
        absolute_errors: isBroken ? {} : Object.fromEntries(fields.map((field, at) => [field, errors[at]])),
        mae_penalised: mean(isBroken ? worst : errors),
        answered_by: by(report, isOurs),
        served_as_requested: isOurs,
        latency_secs: 0.2 + noise() * noise(),
        tokens: { prompt: 180, completion: 24, forced: 9 },
        cost: { usd: null, basis: "local_unpriced" },
      },
    };
  });
}

const by = (report, isOurs) => ({
  model: isOurs ? report.model : "some-fallback",
  revision: `${isOurs ? report.model : "some-fallback"}-weights`,
  adapter_sha256: null,
  backend: report.backend ?? "native",
});

function summaryOf(report, rows) {
  const answers = rows.map((row) => row.constrained);
  const n = rows.length;
  const figure = (value, unit, count = n) => ({
    value,
    n: count,
    n_total: n,
    interval95: value === null ? null : [value * 0.88, value * 1.12],
    unit,
    scale: unit === "fraction" ? null : { min: 0, max: 10 },
  });
  const valid = answers.filter((one) => one.failure === null);
  const ours = answers.filter((one) => one.served_as_requested);
  const strata = {};
  for (const kind of ["short", "long"]) {
    const own = rows.filter((row) => row.strata.kind === kind).map((row) => row.constrained.mae_penalised);
    strata[kind] = {
      mae_penalised: { ...figure(mean(own), "scale units", own.length), n_total: own.length },
    };
  }
  return {
    format_version: 1,
    task: "judged",
    split: "frozen",
    data_sha256: (report.data ?? "d").repeat(64),
    prompt_sha256: "b".repeat(64),
    contract_sha256: "c".repeat(64),
    rendered_prompts_sha256: "f".repeat(64),
    model: report.model,
    answered_by: by(report, true),
    decode: { numbers: "median" },
    scale: { min: 0, max: 10 },
    primary_score: { metric: "mae_penalised", direction: "minimize", margin: 0.2 },
    n_total: n,
    n_answered: n,
    served_by: { [report.model]: ours.length },
    metrics: {
      mae_penalised: figure(mean(answers.map((one) => one.mae_penalised)), "scale units"),
      strict_valid_rate: figure(n === 0 ? null : valid.length / n, "fraction"),
      served_as_requested_rate: figure(n === 0 ? null : ours.length / n, "fraction"),
      latency_secs_p50: { ...figure(0.4, "secs"), interval95: null },
      ...Object.fromEntries(
        fields.map((field) => [
          `mae_raw_${field}`,
          figure(mean(valid.map((one) => one.absolute_errors[field])), "scale units", valid.length),
        ]),
      ),
    },
    strata,
    failures: { constrained: { no_json_start: n - valid.length } },
    wall_secs: 61.5,
    gradus_version: "0.1.0",
  };
}

const mean = (values) =>
  values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
