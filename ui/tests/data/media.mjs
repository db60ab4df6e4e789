// Project `media`: a run with images, sounds, pages, histograms and tables as the wandb client logs them; hostile ones.
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { entity, putFile, runOf, seeded } from "./api.mjs";

const steps = 6;
const script = `<script>window.hacked=1</script><img src=x onerror="window.hacked=1">`;
const elsewhere = "http://example.invalid/seen.png";

export async function fillMedia() {
  const owner = await entity();
  await fillShown(runOf(owner, "media", "shown"));
  await fillHostile(runOf(owner, "media", "hostile"));
  const bare = runOf(owner, "media", "bare");
  await bare.begin({ display_name: "no media", host: "box" });
  await bare.finish();
}

async function fillShown(run) {
  await run.begin({ display_name: "all media", host: "box", group: "first tries", config: { lr: 0.1 } });
  const random = seeded(11);
  for (let step = 0; step < steps; step++) {
    const row = { _step: step * 10, loss: 1 / (step + 1) };
    row["samples/digit"] = await image(run, "samples/digit", step, picture(28, 28, random), {
      caption: `digit at ${step * 10}`,
    });
    row["samples/grid"] = await images(run, "samples/grid", step, 7, random);
    row["sound"] = await media(run, "audio", "sound", step, "wav", tone(300 + 60 * step), {
      caption: "a tone",
    });
    row["weights"] = histogram(random, step);
    row["report"] = await media(
      run,
      "html",
      "report",
      step,
      "html",
      `<h1>Report of step ${step * 10}</h1><p style="color: teal">in colour</p>`,
    );
    row["nested"] = { inner: await image(run, "nested.inner", step, picture(16, 8, random), {}) };
    row["predictions"] = await table(run, "predictions", step, predictions(step, 40, random));
    row["grown"] = {
      ...(await table(run, "grown", step, { columns: ["step", "value"], data: [[step * 10, random()]] })),
      _type: "incremental-table-file",
      increment_num: step,
    };
    if (step === 3) row["film"] = await media(run, "video", "film", step, "mp4", "no film at all", {});
    if (step === 4) {
      row["huge"] = await table(run, "huge", step, predictions(step, 50_000, random));
      row["wide"] = await table(run, "wide", step, wideTable());
      row["empty"] = await table(run, "empty", step, { columns: ["a", "b"], data: [] });
      row["lost"] = { _type: "table-file", path: "media/table/lost_4_00.table.json", nrows: 1, ncols: 1 };
    }
    await run.history([row]);
  }
  await run.finish();
}

async function fillHostile(run) {
  await run.begin({ display_name: script, host: "box" });
  const key = `${script}/picture`;
  const row = { _step: 0 };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="top.hacked=1"><script>top.hacked=1</script><image href="${elsewhere}"/><circle r="20" cx="20" cy="20" fill="teal"/></svg>`;
  row[key] = await media(run, "image", "svg", 0, "svg", svg, { caption: script, width: 40, height: 40 });
  row["page"] = await media(run, "html", "page", 0, "html", hostilePage());
  row["broken"] = await media(run, "image", "broken", 0, "png", "these are no pixels", {});
  row["cells"] = await table(run, "cells", 0, {
    columns: ["text", "=1+1", script, "", "\u202egnp.exe"],
    data: [
      [script, "=cmd|' /C calc'!A0", { html: script }, [script], "\u202eabc"],
      [NaN, Infinity, -Infinity, null, true],
      ["x".repeat(200_000), "a\nb\tc", "\u0000\u0007", 1e300, -1e-300],
      [[], {}, [[[]]], "", "<b>"],
    ],
  });
  row["no table"] = await media(run, "table", "no table", 0, "table.json", '{"columns":["a"],"data":[[1', {});
  await run.history([row]);
  await run.finish();
}

function hostilePage() {
  return `<html><head><base href="${elsewhere}"><link rel="stylesheet" href="${elsewhere}">
<meta http-equiv="refresh" content="0;url=${elsewhere}"><script>top.hacked=1</script></head>
<body onload="top.hacked=1"><h1>Still to be read</h1><img src="${elsewhere}" onerror="top.hacked=1">
<a href="javascript:top.hacked=1" id="trap">a link</a><form action="${elsewhere}"><button>send</button></form>
<iframe src="${elsewhere}"></iframe><svg><script>top.hacked=1</script><use href="${elsewhere}#a"/></svg>
<div style="position:fixed;inset:0;background:url(${elsewhere})">over everything</div></body></html>`;
}

/** Stores a file under the client's name for it and answers what the client logs. */
async function media(run, kind, key, step, ending, content, more = {}) {
  const bytes = Buffer.from(content);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const folder = { image: "images", video: "videos" }[kind] ?? kind;
  const path = `media/${folder}/${key}_${step * 10}_${sha256.slice(0, 20)}.${ending}`;
  await putFile(run, path, bytes);
  return { _type: `${kind}-file`, path, sha256, size: bytes.length, ...more };
}

const image = (run, key, step, { png, width, height }, more) =>
  media(run, "image", key, step, "png", png, { format: "png", width, height, ...more });

async function images(run, key, step, count, random) {
  const filenames = [];
  for (let at = 0; at < count; at++)
    filenames.push((await image(run, key, step, picture(16, 16, random), {})).path);
  const captions = filenames.map((_, at) => `sample ${at}`);
  return { _type: "images/separated", format: "png", width: 16, height: 16, count, filenames, captions };
}

const table = (run, key, step, content) =>
  media(run, "table", key, step, "table.json", toText(content), {
    nrows: content.data.length,
    ncols: content.columns.length,
  });

function predictions(step, count, random) {
  const words = ["refund", "please", "the parcel", "is late", "thank you", "where", "is it"];
  const data = Array.from({ length: count }, (_, row) => {
    const prompt = Array.from({ length: 6 }, () => words[Math.floor(random() * words.length)]).join(" ");
    const score = row % 17 === 5 ? NaN : Math.round(random() * 1e6) / 1e6;
    return [
      row,
      prompt,
      { intent: words[row % words.length] },
      score,
      row % 3 === 0,
      row % 11 === 3 ? null : step,
    ];
  });
  return { columns: ["id", "prompt", "answer", "score", "is right", "step"], data };
}

function wideTable() {
  const columns = Array.from({ length: 2000 }, (_, at) => `feature ${at}`);
  return { columns, data: Array.from({ length: 20 }, (_, row) => columns.map((_, at) => row * at)) };
}

/** As the client writes it: NaN and infinities bare. */
function toText(content) {
  return JSON.stringify(content, (_key, value) =>
    typeof value === "number" && !Number.isFinite(value) ? `\u0000${value}` : value,
  ).replace(/"\\u0000(NaN|-?Infinity)"/g, "$1");
}

function histogram(random, step) {
  const values = new Array(32).fill(0);
  for (let at = 0; at < 500; at++) values[Math.floor(((random() + random() + random()) / 3) * 32)] += 1;
  const bins = Array.from({ length: 33 }, (_, at) => -1 - step + (at * 2) / 32);
  return { _type: "histogram", values, bins };
}

/** A picture of random colours as PNG. */
function picture(width, height, random) {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < 3 * width; x++) rows[y * (1 + 3 * width) + 1 + x] = Math.floor(random() * 256);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const png = Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return { png, width, height };
}

function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(checksum(body));
  return Buffer.concat([length, body, sum]);
}

/** CRC-32 as PNG has it (ISO 3309); zlib.crc32 is younger than the Node we support. */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** Half a second of a sine as WAV. */
function tone(hertz) {
  const [rate, samples] = [8000, 4000];
  const sound = Buffer.alloc(44 + 2 * samples);
  sound.write("RIFF", 0, "latin1");
  sound.writeUInt32LE(36 + 2 * samples, 4);
  sound.write("WAVEfmt ", 8, "latin1");
  sound.writeUInt32LE(16, 16);
  sound.writeUInt16LE(1, 20);
  sound.writeUInt16LE(1, 22);
  sound.writeUInt32LE(rate, 24);
  sound.writeUInt32LE(2 * rate, 28);
  sound.writeUInt16LE(2, 32);
  sound.writeUInt16LE(16, 34);
  sound.write("data", 36, "latin1");
  sound.writeUInt32LE(2 * samples, 40);
  for (let at = 0; at < samples; at++)
    sound.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * hertz * at) / rate)), 44 + 2 * at);
  return sound;
}
