// Figures of the web app on this machine: GRADUS_UI_URL=… node bench/main.mjs [paint charts long table live lighthouse],
// all where none is named. The server holds `judged monitoring sweeps scale tenthousand` of tests/data/fill.mjs; `long`
// makes its ten million points itself where they are not there. Prints one JSON object.
import { loadavg } from "node:os";
import { charts } from "./charts.mjs";
import { firstPaint } from "./firstPaint.mjs";
import { lighthouse } from "./lighthouse.mjs";
import { live } from "./live.mjs";
import { long } from "./long.mjs";
import { begin } from "./place.mjs";
import { table } from "./table.mjs";

const parts = { paint: firstPaint, charts, long, table, live, lighthouse };
const wanted = process.argv.slice(2);
const place = await begin();
const figures = {};
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  // What else the machine did then: of little worth where this is above the number of its cores.
  const before = loadavg()[0];
  figures[name] = { ...(await measure(place)), load_of_last_minute: [before, loadavg()[0]] };
}
console.log(JSON.stringify(figures, null, 2));
await place.close();
