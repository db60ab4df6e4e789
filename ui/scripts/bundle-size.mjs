// What a browser loads before the first page shows, gzipped, against the bar of 200 kB.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const barBytes = 200_000;
const dist = new URL("../dist/", import.meta.url);
const page = readFileSync(new URL("index.html", dist), "utf8");
const scripts = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map((match) => match[1]);
const total = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(new URL(path, dist))).length, 0);
console.log(
  `JavaScript of the first page: ${(total / 1000).toFixed(1)} kB gzip (bar: ${barBytes / 1000} kB)`,
);
if (total > barBytes) process.exit(1);
