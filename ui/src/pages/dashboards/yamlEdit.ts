// Changes of a dashboard's YAML that leave comments, order and everything they don't concern as they are.
import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { emptyPanel, panelTypes, type Panel } from "./panel";

export interface Draft {
  title: string;
  datasets: string[];
  panels: Panel[];
}

/** What the text means, or the first thing that is wrong with its line. */
export function draftOf(yaml: string): { draft: Draft; problem: null } | { draft: null; problem: string } {
  const document = parseDocument(yaml, { prettyErrors: true });
  const error = document.errors[0];
  if (error) return { draft: null, problem: error.message };
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { draft: null, problem: "A dashboard is a mapping with `title`, `datasets` and `panels`." };
  const { title, datasets, panels } = value as Record<string, unknown>;
  if (panels !== undefined && !Array.isArray(panels)) return { draft: null, problem: "`panels` is a list." };
  return {
    draft: {
      title: typeof title === "string" ? title : "",
      datasets: textsOf(datasets),
      panels: (panels ?? []).map(panelFrom),
    },
    problem: null,
  };
}

function panelFrom(value: unknown): Panel {
  if (typeof value !== "object" || value === null) return emptyPanel;
  const { type, title, metrics, x_axis, y_axis, columns } = value as Record<string, unknown>;
  const axis = (text: unknown) => (typeof text === "string" ? text : null);
  return {
    type: panelTypes.find((one) => one === type) ?? "line",
    title: typeof title === "string" ? title : "",
    metrics: textsOf(metrics),
    x_axis: axis(x_axis),
    y_axis: axis(y_axis),
    columns: textsOf(columns),
  };
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/** Only keys whose value differs are touched; what becomes empty is taken out. */
export function withPanel(yaml: string, place: number, next: Panel): string {
  return edited(yaml, (document) => {
    const node = panelsOf(document).items[place];
    if (!isMap(node)) return;
    const before = panelFrom(node.toJS(document));
    for (const key of ["type", "title", "metrics", "x_axis", "y_axis", "columns"] as const) {
      if (JSON.stringify(before[key]) === JSON.stringify(next[key])) continue;
      const value = next[key];
      const isEmpty = value === null || value === "" || (Array.isArray(value) && value.length === 0);
      if (isEmpty) node.delete(key);
      else if (Array.isArray(value)) setList(document, node, key, value);
      else setText(document, node, key, value);
    }
  });
}

export function withNewPanel(yaml: string, place: number, panel: Panel): string {
  return edited(yaml, (document) => {
    const entries = Object.entries(panel).filter(
      ([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0),
    );
    const panels = panelsOf(document);
    // A list without entries is written `[]`; one with a panel is a block.
    if (panels.items.length === 0) panels.flow = false;
    panels.items.splice(place, 0, document.createNode(Object.fromEntries(entries)));
  });
}

export function withoutPanel(yaml: string, place: number): string {
  return edited(yaml, (document) => void panelsOf(document).items.splice(place, 1));
}

export function withPanelMoved(yaml: string, from: number, to: number): string {
  return edited(yaml, (document) => {
    const { items } = panelsOf(document);
    const [moved] = items.splice(from, 1);
    if (moved !== undefined) items.splice(to, 0, moved);
  });
}

export function withTitle(yaml: string, title: string): string {
  return edited(yaml, (document) => {
    if (isMap(document.contents)) setText(document, document.contents, "title", title);
  });
}

export function withDatasets(yaml: string, datasets: string[]): string {
  return edited(yaml, (document) => {
    if (!isMap(document.contents)) return;
    if (datasets.length === 0) document.contents.delete("datasets");
    else setList(document, document.contents, "datasets", datasets);
  });
}

function edited(yaml: string, change: (document: Document) => void): string {
  const document = parseDocument(yaml);
  if (document.errors.length > 0) return yaml;
  if (document.contents === null) (document as Document).contents = document.createNode({ panels: [] });
  change(document);
  return document.toString({
    lineWidth: 0,
    flowCollectionPadding: isPadded(yaml),
    indentSeq: isIndented(yaml),
  });
}

// Written back as it was: `[a, b]` or `[ a, b ]`, lists below their key or further in.
const isPadded = (yaml: string) => /[[{] \S/u.test(yaml);
const isIndented = (yaml: string) => !/^[\w"']+:[^\n]*\n(?:\s*#[^\n]*\n)*- /mu.test(yaml);

function panelsOf(document: Document): YAMLSeq {
  const panels = document.get("panels", true);
  if (isSeq(panels)) return panels;
  document.set("panels", document.createNode([]));
  return document.get("panels", true) as YAMLSeq;
}

// The scalar keeps its comment and its quotes where it has some.
function setText(document: Document, map: YAMLMap, key: string, value: string): void {
  if (map.has(key)) map.set(key, value);
  else map.add(document.createPair(key, value));
}

// Names that stay keep their node, and with it comments; a flow list stays one.
function setList(document: Document, map: YAMLMap, key: string, values: string[]): void {
  const before = map.get(key, true);
  if (!isSeq(before)) {
    map.set(key, document.createNode(values));
    return;
  }
  const known = before.items.map((node) => ({ node, text: (node as { value?: unknown }).value }));
  before.items = values.map((value) => {
    const place = known.findIndex((one) => one.text === value);
    return place < 0 ? document.createNode(value) : known.splice(place, 1)[0]?.node;
  });
}
