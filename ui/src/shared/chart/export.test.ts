import { expect, test } from "vitest";
import { csvOf, svgOf } from "./export";
import type { ChartSeries } from "./series";

const values = Float64Array.from([1, 2, NaN]);
const series: ChartSeries = {
  id: "=1+1",
  label: `a "b", <script>`,
  colour: "#0067a5",
  x: Float64Array.from([0, 1, 2]),
  last: values,
  min: values,
  max: values.map((value) => value + 1),
};

test("CSV quotes names and runs no formula", () => {
  expect(csvOf({ xLabel: "step", series: [series] }).split("\n")).toEqual([
    "series,id,step,value,min,max",
    `"a ""b"", <script>",'=1+1,0,1,1,2`,
    `"a ""b"", <script>",'=1+1,1,2,2,3`,
    `"a ""b"", <script>",'=1+1,2,NaN,NaN,NaN`,
    "",
  ]);
});

test("SVG has the line, the band, and escaped texts", () => {
  const frame = { left: 50, top: 20, width: 100, height: 100, x: { min: 0, max: 2 }, y: { min: 0, max: 4 } };
  const svg = svgOf({
    title: "<script>alert(1)</script>",
    xLabel: "step",
    xKind: "number",
    series: [series],
    frame: { ...frame, isXLog: false, isYLog: false },
  });
  expect(svg).not.toContain("<script");
  expect(svg).toContain('<path d="M50 95L100 70" fill="none" stroke="#0067a5"');
  expect(svg).toContain('<path d="M50 70L100 45L100 70L50 95Z" fill="#0067a5"');
});
