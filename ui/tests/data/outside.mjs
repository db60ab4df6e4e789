// What other programs bring: artifacts by the wandb client (PYTHON names an interpreter that has it) and the real
// run folders of a hackathon, where this machine has them.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { server } from "./api.mjs";

/** Real inputs lie beside the repository; they are not part of it. */
export const realRuns = fileURLToPath(
  new URL("../../../../shared/data/mistral-hackathon/wandb", import.meta.url),
);

export const fillLineage = () => runClient("lineage.py");
export const fillPictures = () => runClient("pictures.py");

function runClient(program, python = process.env.PYTHON) {
  if (!python) throw new Error("PYTHON names an interpreter that has wandb");
  execFileSync(python, [fileURLToPath(new URL(program, import.meta.url))], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, WANDB_BASE_URL: server },
  });
}

export async function fillReal({ gradus = process.env.GRADUS } = {}) {
  if (!existsSync(realRuns)) return console.log("real runs: none on this machine");
  if (!gradus) throw new Error("GRADUS names the program that imports");
  execFileSync(gradus, ["import", "wandb", realRuns, "--project", "real", "--redact", "all"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, GRADUS_URL: server },
  });
}
