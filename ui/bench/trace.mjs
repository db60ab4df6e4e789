// Where the time of frames goes: Chromium's own trace, summed up by kind of work and divided by the frames.

const kinds = {
  script: [
    "FunctionCall",
    "EvaluateScript",
    "FireAnimationFrame",
    "EventDispatch",
    "RunMicrotasks",
    "TimerFire",
  ],
  style: ["UpdateLayoutTree"],
  layout: ["Layout"],
  pre_paint: ["PrePaint"],
  paint: ["Paint"],
  layers: ["Layerize", "Commit"],
  raster: ["RasterTask"],
};
const kindOf = new Map(Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => [name, kind])));
const categories = ["devtools.timeline", "disabled-by-default-devtools.timeline", "cc"];

/** Records while `work` goes on. Answers the events. */
export async function traced(page, work) {
  const session = await page.context().browser().newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: categories },
  });
  await work();
  const isOver = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await isOver;
  await session.detach();
  return events;
}

/** Milliseconds of processor time a frame by kind; what runs within another kind counts as its own alone. */
export function perFrame(events, frameCount) {
  const sums = new Map(Object.keys(kinds).map((kind) => [kind, 0]));
  const open = new Map();
  const known = events.filter((event) => event.ph === "X" && kindOf.has(event.name));
  // Those that began at once: the outer first.
  for (const event of known.sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    const thread = `${event.pid} ${event.tid}`;
    const around = (open.get(thread) ?? []).filter((one) => one.end > event.ts);
    // Processor time: without what other programs took meanwhile.
    const micros = event.tdur ?? event.dur ?? 0;
    const kind = kindOf.get(event.name);
    const outer = around.at(-1);
    if (outer) sums.set(outer.kind, sums.get(outer.kind) - micros);
    sums.set(kind, sums.get(kind) + micros);
    open.set(thread, [...around, { kind, end: event.ts + (event.dur ?? 0) }]);
  }
  return Object.fromEntries(
    [...sums].map(([kind, micros]) => [kind, Math.round(micros / 10 / frameCount) / 100]),
  );
}
