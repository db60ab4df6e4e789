// Project `sweeps`: a search with failed, empty, NaN and running trials, one of thousands, one without trials
// and one with names that break pages which trust them. Trials come as an agent of the client gets them.
import { ask, entity, runOf, seeded, server } from "./api.mjs";

const project = "sweeps";

async function graphql(query, variables) {
  const answer = await fetch(`${server}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function makeSweep(owner, config) {
  const made = await graphql(
    "mutation($c:String,$e:String,$p:String){upsertSweep(input:{config:$c,entityName:$e,projectName:$p}){sweep{name}}}",
    { c: JSON.stringify(config), e: owner, p: project },
  );
  const id = made.upsertSweep.sweep.name;
  const begun = await graphql(
    'mutation($s:String!,$e:String,$p:String){createAgent(input:{host:"box",sweep:$s,entityName:$e,projectName:$p}){agent{id}}}',
    { s: id, e: owner, p: project },
  );
  return { id, agent: begun.createAgent.agent.id };
}

/** Asks for the next trial; null when the sweep has no more. */
async function nextTrial(agent) {
  const told = await graphql("mutation($a:ID!){agentHeartbeat(input:{id:$a}){commands}}", { a: agent });
  const command = JSON.parse(told.agentHeartbeat.commands).find((one) => one.type === "run");
  if (!command) return null;
  const parameters = Object.fromEntries(
    Object.entries(command.args).map(([name, { value }]) => [name, value]),
  );
  return { id: command.run_id, parameters };
}

/** What becomes of a trial: the metric's values, or how it ends without any. */
async function runTrials({ id, agent }, count, outcome) {
  const owner = await entity();
  for (let index = 0; index < count; index++) {
    const trial = await nextTrial(agent);
    if (trial === null) return;
    const { values, end, metric } = outcome(index, trial.parameters);
    const run = runOf(owner, project, trial.id);
    await run.begin({ host: "box", display_name: `trial-${index + 1}`, config: trial.parameters, sweep: id });
    if (values.length > 0) await run.history(values.map((value, step) => ({ _step: step, [metric]: value })));
    if (end !== null) await run.finish(end);
  }
}

const bowl = (parameters, random) =>
  0.4 +
  0.25 * (Math.log10(parameters.lr) + 3.3) ** 2 +
  0.6 * (parameters.dropout - 0.1) ** 2 +
  { adamw: 0, lion: 0.06, sgd: 0.3 }[parameters.optimizer] +
  0.03 * random();

const searched = {
  lr: { distribution: "log_uniform_values", min: 1e-5, max: 1e-2 },
  dropout: { min: 0.0, max: 0.5 },
  optimizer: { values: ["adamw", "lion", "sgd"] },
  lora: { parameters: { r: { values: [8, 16, 32, 64] }, use_rslora: { values: [true, false] } } },
};

export async function fillSweeps({ trials = 60, many = 2000 } = {}) {
  const owner = await entity();
  const metric = { name: "val/loss", goal: "minimize" };

  const main = await makeSweep(owner, {
    name: "first search",
    method: "random",
    metric,
    parameters: searched,
  });
  const random = seeded(11);
  await runTrials(main, trials, (index, parameters) => {
    const loss = bowl(parameters, random);
    const end = index >= trials - 2 ? null : index % 13 === 5 ? 1 : 0;
    if (index % 13 === 5) return { metric: "val/loss", values: [], end };
    if (index === 20) return { metric: "val/loss", values: [NaN], end };
    return { metric: "val/loss", values: [loss + 1, loss + 0.3, loss], end };
  });

  if (many > 0) {
    const large = await makeSweep(owner, {
      name: "two thousand",
      method: "random",
      metric,
      parameters: searched,
    });
    await runTrials(large, many, (_, parameters) => ({
      metric: "val/loss",
      values: [bowl(parameters, random)],
      end: 0,
    }));
  }

  await makeSweep(owner, {
    name: "nothing tried yet",
    method: "grid",
    metric: { name: "val/loss", goal: "minimize" },
    parameters: { lr: { values: [0.1, 0.01] } },
  });

  const script = `<script>window.hacked=1</script>`;
  const hostile = await makeSweep(owner, {
    name: `${script} ${"long ".repeat(30)}`,
    description: script,
    method: "grid",
    metric: { name: `${script}/score`, goal: "maximize" },
    parameters: { [script]: { values: [script, "ריצה", "x".repeat(120)] }, one: { value: 1 } },
  });
  await runTrials(hostile, 3, (index) => ({
    metric: `${script}/score`,
    values: [index === 1 ? Infinity : index],
    end: 0,
  }));

  const unmeasured = await makeSweep(owner, {
    name: "metric misspelt",
    method: "grid",
    metric: { name: "val/los", goal: "minimize" },
    parameters: { lr: { values: [0.1, 0.01, 0.001] } },
  });
  await runTrials(unmeasured, 3, () => ({ metric: "val/loss", values: [1], end: 0 }));
  return ask("GET", `projects/${owner}/${project}/sweeps`);
}
