import { useSyncExternalStore } from "react";
import type { ProjectRef } from "@/api/types";
import { MenuList, type MenuItem } from "@/shared/components";
import { chooseColour, useChosenColours } from "@/shared/theme/chosenColours";
import { colourNames, seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";

/** The palette as a menu, for runs (or groups) of a project. `chosen` is what all of them have now. */
export function useColourItems(scope: string, ids: readonly string[], chosen: number | null): MenuItem[] {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  return [
    {
      label: "As given",
      isChecked: chosen === null,
      onSelect: () => chooseColour(scope, ids, null),
    },
    ...colourNames.map((name, place) => ({
      label: (
        <>
          <span className="swatch" style={{ background: seriesColour(place, isDark) }} />
          {name}
        </>
      ),
      isChecked: chosen === place,
      onSelect: () => chooseColour(scope, ids, place),
    })),
  ];
}

interface ColourListProps {
  at: ProjectRef;
  /** A run, or the group that it is drawn with. */
  id: string;
  title: string;
  by: HTMLElement;
  onClose: () => void;
}

export function ColourList({ at, id, title, by, onClose }: ColourListProps) {
  const scope = scopeOf(at);
  const chosen = useChosenColours(scope).get(id) ?? null;
  const items = useColourItems(scope, [id], chosen);
  return <MenuList label={`Colour of ${title}`} by={by} items={items} onClose={onClose} />;
}

export const scopeOf = (at: ProjectRef) => `${at.entity}/${at.project}`;
