import { MenuList, type MenuItem } from "@/shared/components";
import type { SetView } from "@/shared/viewState";
import type { codecs, RunsView } from "./view";

export interface HeaderMenuProps {
  id: string;
  title: string;
  by: HTMLElement;
  shown: string[];
  view: RunsView;
  setView: SetView<typeof codecs>;
  widthPx: number;
  onWidth: (widthPx: number) => void;
  onClose: () => void;
}

/** What can be done with a column. */
export function HeaderMenu({
  id,
  title,
  by,
  shown,
  view,
  setView,
  widthPx,
  onWidth,
  onClose,
}: HeaderMenuProps) {
  const isPinned = view.pin.includes(id);
  const place = shown.indexOf(id);
  const moved = (step: number) => {
    const next = shown.filter((one) => one !== id);
    next.splice(place + step, 0, id);
    setView({ column: next });
  };
  const own: MenuItem[] =
    id === "name"
      ? []
      : [
          {
            label: "Pinned",
            isChecked: isPinned,
            onSelect: () =>
              setView({ pin: isPinned ? view.pin.filter((one) => one !== id) : [...view.pin, id] }),
          },
          { label: "To the left", isDisabled: place <= 0, onSelect: () => moved(-1) },
          {
            label: "To the right",
            isDisabled: place < 0 || place === shown.length - 1,
            onSelect: () => moved(1),
          },
          ...(id.startsWith("config:")
            ? [{ label: "Group by it", onSelect: () => setView({ group: id.slice("config:".length) }) }]
            : []),
          { label: "Hide", onSelect: () => setView({ column: shown.filter((one) => one !== id) }) },
        ];
  return (
    <MenuList
      label={`Column ${title}`}
      by={by}
      onClose={onClose}
      items={[
        { label: "Sort, least first", onSelect: () => setView({ sort: `+${id}` }) },
        { label: "Sort, greatest first", onSelect: () => setView({ sort: `-${id}` }) },
        ...own,
        { label: "Wider", onSelect: () => onWidth(widthPx + 60) },
        { label: "Narrower", onSelect: () => onWidth(Math.max(56, widthPx - 60)) },
      ]}
    />
  );
}
