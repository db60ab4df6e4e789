export * from "./FigureAxis";
export * from "./FigureTable";
export * from "./ForestPlot";
export * from "./Histogram";
export * from "./IntervalMark";
export * from "./NumberLine";
export * from "./scale";
export * from "./ShareBars";
