import "./components.css";

export * from "./Badge";
export * from "./Button";
export * from "./CopyButton";
export * from "./Dialog";
export * from "./Menu";
export * from "./ModelName";
export * from "./PageHeader";
export * from "./Segmented";
export * from "./states";
export * from "./Tabs";
export * from "./toast";
export * from "./Tooltip";
