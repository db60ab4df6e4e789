// Project `rated`: a task of small words, its cycles, evaluations and rollback, made by the real program, which
// records them itself. Some seconds, since the model is the engine's golden one of a few thousand weights.
//
//     GRADUS=path/of/gradus GRADUS_UI_URL=… node tests/data/task.mjs [FOLDER]
//
// It stays, since the page rolls back in it; with GRADUS_UI_FOLDER it lies where it is removed with the server.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { seeded, server } from "./api.mjs";

const golden = new URL("../../../crates/engine/tests/golden/llama/", import.meta.url);
const words = (
  "amber basil cedar delta ember fjord grove heron indigo juniper karst lotus maple north opal pearl " +
  "quartz raven sable tulip"
).split(" ");
const key = { type: "integer", minimum: 0, maximum: 10 };
const contract = {
  type: "object",
  properties: { x: key, y: key },
  required: ["x", "y"],
  additionalProperties: false,
};
const template =
  "{% for message in messages %}{{ message.content }}" +
  "{% if message.role == 'assistant' %}</s>{% endif %}{% endfor %}";

export async function writeTask(dir) {
  await mkdir(join(dir, "model"), { recursive: true });
  await mkdir(join(dir, "data"), { recursive: true });
  for (const name of ["config.json", "model.safetensors", "tokenizer.json"])
    await cp(new URL(name, golden), join(dir, "model", name));
  const texts = {
    "model/tokenizer_config.json": JSON.stringify({
      eos_token: "</s>",
      bos_token: "<s>",
      chat_template: template,
    }),
    "prompt.jinja": "rate {{ text }}\n",
    "contract.schema.json": JSON.stringify(contract),
    "task.yaml": `name: rated
data: {train: data/train.jsonl, dev: data/dev.jsonl, frozen: data/frozen.jsonl}
prompt: prompt.jinja
target: target
contract: contract.schema.json
scale: {min: 0, max: 10}
stratify_by: kind
primary_score: {metric: mae_penalised, direction: minimize, margin: 0.05}
`,
    "recipe.yaml": `model: ./model
task: .
output_dir: outputs/first
max_steps: 60
learning_rate: 1e-2
lora_r: 4
per_device_train_batch_size: 8
eval_steps: 10
threads: 1
`,
  };
  for (const [split, rows] of Object.entries(rowsOf()))
    texts[`data/${split}.jsonl`] = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  for (const [name, text] of Object.entries(texts)) await writeFile(join(dir, name), text);
}

function rowsOf() {
  const random = seeded(7);
  const pairs = words.flatMap((a, i) => words.slice(i + 1).map((b) => [a, b, random()]));
  pairs.sort((a, b) => a[2] - b[2]);
  const row = (split, from) =>
    pairs.slice(...from).map(([a, b], place) => ({
      id: `${split}-${place}`,
      text: `${a} ${b}`,
      kind: words.indexOf(b) - words.indexOf(a) < 7 ? "near" : "far",
      target: { x: words.indexOf(a) % 11, y: (words.indexOf(b) * 3) % 11 },
    }));
  return { train: row("train", [0, 96]), dev: row("dev", [96, 130]), frozen: row("frozen", [130, 185]) };
}

/** What `gradus` said with --json. Cycles that are held and comparisons that are refused end with 10 and 12. */
export async function gradus(dir, ...words) {
  const program = process.env.GRADUS;
  if (!program) throw new Error("GRADUS names the program that makes the task's cycles");
  const { GRADUS_API_KEY } = process.env;
  const environment = {
    ...process.env,
    GRADUS_URL: server,
    GRADUS_DATA_DIR: join(dir, "..", "data"),
    HF_ENDPOINT: "http://127.0.0.1:9",
  };
  const ran = await promisify(execFile)(program, [...words, "--json"], {
    cwd: dir,
    env: GRADUS_API_KEY ? { ...environment, GRADUS_API_KEY } : environment,
  }).catch((failed) => {
    if ([10, 12, 13].includes(failed.code)) return failed;
    throw new Error(`gradus ${words.join(" ")}: ${failed.stderr}`);
  });
  return JSON.parse(ran.stdout);
}

/** Writes, cycles, evaluates and rolls back; answers the task's folder. */
export async function fillTask(folder) {
  const dir =
    folder ?? join(await mkdtemp(join(process.env.GRADUS_UI_FOLDER ?? tmpdir(), "gradus-ui-")), "rated");
  await writeTask(dir);
  await gradus(dir, "cycle", "run", ".", "--cycles", "2");
  await gradus(dir, "cycle", "run", ".", "--set", "learning_rate=2e-2");
  const tuned = "model+cycles/0001/training";
  await gradus(dir, "eval", ".", "--model", "constant-by:kind", "--out", "reports/constant-by-kind");
  await gradus(dir, "eval", ".", "--model", "constant", "--out", "reports/constant");
  await gradus(dir, "eval", ".", "--model", "model", "--out", "reports/base");
  await gradus(dir, "eval", ".", "--model", tuned, "--out", "reports/tuned");
  await gradus(dir, "eval", ".", "--model", tuned, "--limit", "20", "--out", "reports/first-twenty");
  await gradus(dir, "rollback", ".");
  return dir;
}

/** A file that the program wrote, read. */
export const readJson = async (...path) => JSON.parse(await readFile(join(...path), "utf8"));

if (process.argv[1]?.endsWith("task.mjs")) console.log(await fillTask(process.argv[2]));
