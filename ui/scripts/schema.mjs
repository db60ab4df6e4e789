// src/api/schema.d.ts from docs/openapi.json; with --check only says whether it is current.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTypescript, { astToString } from "openapi-typescript";

const source = new URL("../../docs/openapi.json", import.meta.url);
const target = new URL("../src/api/schema.d.ts", import.meta.url);

const document = JSON.parse(readFileSync(source, "utf8"));
const types = `// Made by \`npm run schema\` from docs/openapi.json.\n\n${astToString(await openapiTypescript(document))}`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, types);
} else if (readFileSync(target, "utf8") !== types) {
  console.error("src/api/schema.d.ts is older than docs/openapi.json: run `npm run schema`");
  process.exit(1);
}
