import { Dialog } from "@/shared/components";
import { useShortcutList } from "@/shared/shortcuts";

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const shortcuts = useShortcutList();
  const known = new Map(shortcuts.toReversed().map((shortcut) => [shortcut.keys, shortcut.says]));
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="shortcut-list">
        {[...known].map(([keys, says]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key === "mod" ? "Ctrl" : key}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
