// Fills a server for the browser tests and for looking: GRADUS_UI_URL=… node tests/data/fill.mjs [part…]
import { fillHostile } from "./hostile.mjs";
import { fillLong } from "./long.mjs";
import { fillMedia } from "./media.mjs";
import { fillJudged, fillManyRows } from "./judged.mjs";
import { fillMonitoring } from "./monitoring.mjs";
import { fillLineage, fillPictures, fillReal } from "./outside.mjs";
import { fillScale } from "./scale.mjs";
import { fillSweeps } from "./sweeps.mjs";
import { fillTask } from "./task.mjs";
import { fillWideRun, fillWideTable } from "./wide.mjs";

const parts = {
  hostile: fillHostile,
  judged: fillJudged,
  media: fillMedia,
  rows: fillManyRows,
  monitoring: fillMonitoring,
  sweeps: fillSweeps,
  scale: fillScale,
  wide: fillWideRun,
  tenthousand: fillWideTable,
  rated: fillTask,
  lineage: fillLineage,
  pictures: fillPictures,
  real: fillReal,
};
/** Only where it is named. */
const onlyNamed = { long: fillLong, few_sweeps: () => fillSweeps({ many: 0 }) };
const wanted = process.argv.slice(2);
const all = wanted.length === 0 ? parts : { ...parts, ...onlyNamed };
for (const [name, fill] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const began = performance.now();
  await fill();
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
