// Project `tiny`: a task with two cycles by the real program (GRADUS names it): trained, evaluated, decided, and
// recorded into the server. Labels follow from the words of the texts, so that a tiny random model can learn them.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { server } from "./api.mjs";

const golden = fileURLToPath(new URL("../../../crates/engine/tests/golden/llama/", import.meta.url));
const words =
  "amber basil cedar delta ember fjord grove heron indigo juniper karst lotus maple north opal pearl quartz raven sable tulip".split(
    " ",
  );
const keptTheChampion = 10;
const splits = { train: [0, 96], dev: [96, 130], frozen: [130, 185] };

export async function fillTask({ gradus = process.env.GRADUS } = {}) {
  if (!gradus) throw new Error("GRADUS names the program that makes the cycles");
  const dir = mkdtempSync(join(tmpdir(), "gradus-ui-task-"));
  try {
    write(dir);
    runCycles(gradus, dir, 1);
    runCycles(gradus, dir, 2);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function runCycles(gradus, dir, count) {
  const ended = spawnSync(gradus, ["--json", "cycle", "run", ".", "--cycles", String(count)], {
    cwd: dir,
    encoding: "utf8",
    env: {
      ...process.env,
      GRADUS_DATA_DIR: join(dir, "home"),
      GRADUS_URL: server,
      HF_ENDPOINT: "http://127.0.0.1:9",
    },
  });
  // A candidate that was not better is a result too.
  if (ended.status !== 0 && ended.status !== keptTheChampion)
    throw new Error(`gradus cycle run: ${ended.status} ${ended.stderr}`);
}

function write(dir) {
  mkdirSync(join(dir, "model"));
  mkdirSync(join(dir, "data"));
  for (const name of ["config.json", "model.safetensors", "tokenizer.json"])
    copyFileSync(join(golden, name), join(dir, "model", name));
  const template =
    "{% for message in messages %}{{ message.content }}{% if message.role == 'assistant' %}</s>{% endif %}{% endfor %}";
  const number = { type: "integer", minimum: 0, maximum: 10 };
  const files = {
    "model/tokenizer_config.json": JSON.stringify({
      eos_token: "</s>",
      bos_token: "<s>",
      chat_template: template,
    }),
    "contract.schema.json": JSON.stringify({
      type: "object",
      properties: { x: number, y: number },
      required: ["x", "y"],
      additionalProperties: false,
    }),
    "prompt.jinja": "rate {{ text }}\n",
    "task.yaml":
      "name: tiny\ndata: {train: data/train.jsonl, dev: data/dev.jsonl, frozen: data/frozen.jsonl}\n" +
      "prompt: prompt.jinja\ntarget: target\ncontract: contract.schema.json\nscale: {min: 0, max: 10}\n" +
      "primary_score: {metric: mae_penalised, direction: minimize}\n",
    "recipe.yaml":
      "model: ./model\ntask: .\noutput_dir: outputs/first\nmax_steps: 60\nlearning_rate: 1e-2\nlora_r: 4\n" +
      "per_device_train_batch_size: 8\neval_steps: 20\nsave_steps: 10\nthreads: 1\n",
  };
  const pairs = words.flatMap((_, first) =>
    Array.from({ length: words.length - first - 1 }, (_, at) => [first, first + 1 + at]),
  );
  for (const [split, [from, to]] of Object.entries(splits)) {
    const rows = Array.from({ length: to - from }, (_, at) => rowOf(split, from + at, pairs));
    files[`data/${split}.jsonl`] = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
}

function rowOf(split, number, pairs) {
  // 77 has no factor in common with the number of pairs: each comes once, and they are mixed.
  const [first, second] = pairs[(number * 77) % pairs.length];
  const digits = (factor) => String((number * factor) % 99991).padStart(5, "0");
  return {
    id: `${split}-${number}`,
    // The numbers keep texts of the same words apart.
    text: `${words[first]} ${words[second]} ${digits(7919)} ${digits(104729)}`,
    target: { x: first % 11, y: (second * 3) % 11 },
  };
}
