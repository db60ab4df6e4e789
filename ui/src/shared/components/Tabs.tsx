import { useEffect, useRef, type KeyboardEvent } from "react";

export interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { id: T; label: string }[];
  chosen: T;
  onChoose: (id: T) => void;
}

/** The tabs alone; the page shows the chosen one's content in `TabPanel`. */
export function Tabs<T extends string>({ label, tabs, chosen, onChoose }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [box, tab] = [list.current, list.current?.querySelector<HTMLElement>(`#tab-${chosen}`)];
    if (!box || !tab) return;
    // On a phone there are more tabs than fit: the chosen one is brought into sight.
    const left = tab.offsetLeft - box.offsetLeft;
    if (left < box.scrollLeft || left + tab.offsetWidth > box.scrollLeft + box.clientWidth)
      box.scrollLeft = left - (box.clientWidth - tab.offsetWidth) / 2;
  }, [chosen, tabs.length]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onChoose(next.id);
    list.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <div ref={list} className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          id={`tab-${tab.id}`}
          type="button"
          role="tab"
          className="tab"
          aria-selected={tab.id === chosen}
          aria-controls="tab-panel"
          tabIndex={tab.id === chosen ? 0 : -1}
          onClick={() => onChoose(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({ chosen, children }: { chosen: string; children: React.ReactNode }) {
  return (
    <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${chosen}`}>
      {children}
    </div>
  );
}
