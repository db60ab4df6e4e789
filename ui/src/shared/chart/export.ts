// What is on screen as a file: SVG drawn by the same functions as the canvas, CSV of the buckets, PNG.
import { axisFormat, ticksOf } from "./axis";
import { drawBand, drawLine, xPixel, yPixel, type Frame } from "./draw";
import type { ChartSeries, XKind } from "./series";

export interface Exported {
  title: string;
  xLabel: string;
  xKind: XKind;
  series: ChartSeries[];
  frame: Frame;
}

/** One line a bucket. `value` is the last of the bucket, min and max are exact. */
export function csvOf({ xLabel, series }: Pick<Exported, "xLabel" | "series">): string {
  const lines = [["series", "id", xLabel, "value", "min", "max"].map(csvField).join(",")];
  for (const one of series) {
    const name = `${csvField(one.label)},${csvField(one.id)}`;
    one.x.forEach((x, at) =>
      lines.push(`${name},${x},${one.last[at] ?? NaN},${one.min[at] ?? NaN},${one.max[at] ?? NaN}`),
    );
  }
  return `${lines.join("\n")}\n`;
}

// A text that a spreadsheet would take for a formula is kept a text.
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function svgOf({ title, xLabel, xKind, series, frame }: Exported): string {
  const [width, height] = [frame.left + frame.width + 12, frame.top + frame.height + 46];
  const recorder = new SvgContext();
  for (const one of series) drawBand(recorder, one, frame, 0.15);
  for (const one of series) drawLine(recorder, one, frame, { lineWidth: 1.5, opacity: 1, bandOpacity: 0 });
  const bottom = frame.top + frame.height;
  const xTicks = ticksOf(frame.x.min, frame.x.max, frame.isXLog, 6);
  const yTicks = ticksOf(frame.y.min, frame.y.max, frame.isYLog, 5);
  const xTexts =
    xKind === "time"
      ? xTicks.map((value) => new Date(value * 1000).toISOString().slice(0, 16))
      : labels(xTicks, xKind);
  const grid = [
    ...xTicks.map((tick, at) => {
      const x = round(xPixel(frame, tick));
      return `<path d="M${x} ${frame.top}V${bottom}" stroke="#ddd"/><text x="${x}" y="${bottom + 16}" text-anchor="middle">${escape(xTexts[at] ?? "")}</text>`;
    }),
    ...yTicks.map((tick, at) => {
      const y = round(yPixel(frame, tick));
      return `<path d="M${frame.left} ${y}h${frame.width}" stroke="#ddd"/><text x="${frame.left - 6}" y="${y + 4}" text-anchor="end">${escape(labels(yTicks, "number")[at] ?? "")}</text>`;
    }),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="#333">`,
    `<title>${escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>`,
    `<clipPath id="plot"><rect x="${frame.left}" y="${frame.top}" width="${frame.width}" height="${frame.height}"/></clipPath>`,
    ...grid,
    `<g clip-path="url(#plot)">${recorder.paths.join("")}</g>`,
    `<text x="${frame.left}" y="${frame.top - 8}" font-size="13" font-weight="600">${escape(title)}</text>`,
    `<text x="${frame.left + frame.width}" y="${height - 8}" text-anchor="end">${escape(xLabel)}</text></svg>`,
  ].join("\n");
}

const labels = (ticks: number[], kind: "number" | "duration") =>
  axisFormat(kind)(null, ticks, null, null, (ticks[1] ?? 0) - (ticks[0] ?? 0));

/** As much of a canvas context as drawing needs, written down as SVG paths. */
class SvgContext {
  paths: string[] = [];
  fillStyle: unknown = "";
  strokeStyle: unknown = "";
  lineWidth = 1;
  globalAlpha = 1;
  lineJoin: CanvasLineJoin = "bevel";
  private path = "";

  beginPath = () => void (this.path = "");
  moveTo = (x: number, y: number) => void (this.path += `M${round(x)} ${round(y)}`);
  lineTo = (x: number, y: number) => void (this.path += `L${round(x)} ${round(y)}`);
  closePath = () => void (this.path += "Z");
  arc = (x: number, y: number, r: number) =>
    void (this.path += `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`);
  fill = () => this.add(`fill="${escape(String(this.fillStyle))}" fill-opacity="${this.globalAlpha}"`);
  stroke = () =>
    this.add(
      `fill="none" stroke="${escape(String(this.strokeStyle))}" stroke-width="${this.lineWidth}" stroke-opacity="${this.globalAlpha}"`,
    );

  private add(style: string): void {
    if (this.path !== "") this.paths.push(`<path d="${this.path}" ${style}/>`);
  }
}

const round = (value: number) => Math.round(value * 10) / 10;
const escape = (text: string) =>
  text
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");

/** Gives the person a file. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export async function pngOf(canvas: HTMLCanvasElement, ground: string): Promise<Blob> {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const context = copy.getContext("2d");
  if (context) {
    context.fillStyle = ground;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
  }
  return new Promise((resolve, reject) =>
    copy.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The browser made no picture of the chart."))),
      "image/png",
    ),
  );
}
