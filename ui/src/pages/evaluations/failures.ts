// What each failure code says, in a sentence: as the server counts them.

const told: Record<string, string> = {
  empty_completion: "The answer is empty or white space.",
  no_json_start: "There is no { anywhere in the answer.",
  unterminated_json: "The answer ends inside the JSON value: often too few tokens were allowed.",
  json_decode_error: "What stands there is not JSON.",
  not_object: "JSON, but not an object.",
  leading_text: "Text stands before the object.",
  extra_trailing_text: "Text stands after the object.",
  code_fence: "The object stands in a Markdown fence.",
  eos_token_leak: "An end-of-sequence token is written out as text.",
  wrapped_object: "The expected object sits inside another one.",
  duplicate_key: "A key stands there twice.",
  missing_key: "A key that the contract asks for is missing.",
  extra_keys: "There are keys that the contract does not know.",
  not_int: "A value is no integer where one belongs.",
  out_of_range: "A value lies outside of the scale.",
  non_finite: "A value is NaN or infinite.",
  contract_violation: "The contract refuses the value.",
  timeout: "No answer came in time; this says nothing about the model.",
  auth_missing: "The server wanted a key; this says nothing about the model.",
  model_not_supported: "The server does not serve this model; this says nothing about the model.",
  backend_error: "The backend failed before there was an answer; this says nothing about the model.",
};

export function explainFailure(code: string): string {
  const status = /^http_(\d{3})$/.exec(code);
  if (status) return `The server answered with status ${status[1]}; this says nothing about the model.`;
  return told[code] ?? "A code that this page does not know; docs/metrics.md lists them.";
}

/** No completion of the model exists: the row counts against nobody. */
export function isTransport(code: string): boolean {
  return (
    code.startsWith("http_") ||
    ["timeout", "auth_missing", "model_not_supported", "backend_error"].includes(code)
  );
}
