import { expect, test } from "vitest";
import { shortModel } from "./modelName";

test("paths end where they say what it is, names and URLs stay whole", () => {
  const shown = [
    "/w/task/model",
    "/w/task/model+/w/task/cycles/0002/training",
    "/models/smollm2+/w/me/outputs/first",
    "smollm2-135m-instruct",
    "constant-by:kind",
    "openai:qwen3-0.6b@http://127.0.0.1:8000/v1",
    "C:\\models\\small",
    "/",
    "",
  ].map(shortModel);
  expect(shown).toEqual([
    "model",
    "model+cycles/0002/training",
    "smollm2+outputs/first",
    "smollm2-135m-instruct",
    "constant-by:kind",
    "openai:qwen3-0.6b@http://127.0.0.1:8000/v1",
    "small",
    "/",
    "",
  ]);
});
