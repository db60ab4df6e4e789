import { expect, test } from "vitest";
import { explainFailure, isTransport } from "./failures";

test("every code of the schema has a sentence of its own", () => {
  const codes =
    "empty_completion no_json_start unterminated_json json_decode_error not_object leading_text " +
    "extra_trailing_text code_fence eos_token_leak wrapped_object duplicate_key missing_key extra_keys " +
    "not_int out_of_range non_finite contract_violation timeout auth_missing model_not_supported backend_error";
  const sentences = codes.split(" ").map(explainFailure);
  expect(new Set(sentences).size).toBe(21);
  expect(sentences.filter((one) => one.includes("this page does not know"))).toEqual([]);
});

test("a status is named; codes from elsewhere are not explained away", () => {
  expect(explainFailure("http_503")).toContain("503");
  expect(explainFailure("<script>")).toContain("this page does not know");
  expect(isTransport("http_429")).toBe(true);
  expect(isTransport("missing_key")).toBe(false);
});
