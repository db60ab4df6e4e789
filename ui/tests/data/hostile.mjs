// Project `hostile`: names and values that break pages which trust them.
import { ask, entity, runOf } from "./api.mjs";

const script = `<script>window.hacked=1</script><img src=x onerror="window.hacked=1">`;

export async function fillHostile() {
  const owner = await entity();
  const make = async (id, about, rows, finish = true) => {
    const run = runOf(owner, "hostile", id);
    await run.begin({ host: "box", ...about });
    if (rows.length > 0) {
      await run.history(rows);
      await run.summary(rows.at(-1));
    }
    if (finish) await run.finish();
    return run;
  };
  const decay = (key, more = {}) =>
    Array.from({ length: 50 }, (_, step) => ({ _step: step, [key]: 1 / (step + 1), ...more }));

  const scripted = await make(
    "script",
    { display_name: script, notes: script, tags: [script], config: { [script]: script }, group: script },
    decay(`${script}/loss`),
  );
  await scripted.console([
    script,
    "\u001b[31mred\u001b[0m and \u001b[1mbold\u001b[0m",
    "a\tb",
    "\u202egnp.exe",
  ]);
  await make("rtl", { display_name: "ריצה של אימון \u202eevil\u202c مرحبا", tags: ["עברית"] }, decay("loss"));
  await make("long", { display_name: "long ".repeat(60), notes: "word".repeat(500) }, decay("loss"));
  await make("emoji", { display_name: "👩‍🔬 z̷a̷l̷g̷o̷ \u0000 \n\t x" }, decay("loss"));
  await make(
    "nan",
    { display_name: "NaN only" },
    Array.from({ length: 50 }, (_, step) => ({ _step: step, loss: NaN, "grad/norm": Infinity })),
  );
  await make(
    "gaps",
    { display_name: "gaps and infinities" },
    Array.from({ length: 60 }, (_, step) => ({
      _step: step * 10,
      loss: step % 7 === 3 ? NaN : step === 20 ? Infinity : 5 / (step + 1),
      text: `row ${step}`,
      nested: { deep: { value: step } },
    })),
  );
  await make("one-point", { display_name: "one point" }, [{ _step: 0, loss: 0.25 }]);
  await make("empty", { display_name: "" }, []);
  await make(
    "huge",
    { config: { big: 1e300, tiny: 1e-300, integer: 9007199254740991, off: false, none: null } },
    [
      { _step: 0, loss: 1e300 },
      { _step: 1, loss: -1e300 },
      { _step: 2, loss: 1e-300 },
    ],
  );
  await ask("POST", `projects/${owner}/no-rows-yet/runs/first`, {
    host: "box",
    display_name: "nothing logged",
  });
}
