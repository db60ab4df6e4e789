// A button that opens a list of actions; arrow keys move, Escape closes, focus goes back to the button.
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Button, type ButtonProps } from "./Button";

export interface MenuItem {
  label: ReactNode;
  onSelect: () => void;
  /** Given for items that are on or off. */
  isChecked?: boolean;
  isDisabled?: boolean;
  look?: "normal" | "danger";
}

export interface MenuProps extends Omit<ButtonProps, "children"> {
  label: ReactNode;
  items: MenuItem[];
  /** Stays open after a choice: for lists of things to tick. */
  isSticky?: boolean;
}

export function Menu({ label, items, isSticky = false, ...button }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const [menu, by] = [list.current, opener.current];
    if (!isOpen || !menu || !by) return;
    menu.showPopover();
    place(menu, by.getBoundingClientRect());
    itemsOf(menu)[0]?.focus();
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") setOpen(false);
    };
    menu.addEventListener("toggle", onToggle);
    return () => menu.removeEventListener("toggle", onToggle);
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <>
      <Button
        {...button}
        ref={opener}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        {...(isOpen ? { "aria-controls": id } : {})}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </Button>
      {isOpen && (
        <div
          ref={list}
          id={id}
          className="menu"
          role="menu"
          popover="auto"
          onKeyDown={(event) => move(event, close)}
        >
          {items.map((item, index) => (
            <button
              key={index}
              type="button"
              className="menu-item"
              role={item.isChecked === undefined ? "menuitem" : "menuitemcheckbox"}
              {...(item.isChecked === undefined ? {} : { "aria-checked": item.isChecked })}
              disabled={item.isDisabled}
              data-look={item.look ?? "normal"}
              onClick={() => {
                item.onSelect();
                if (!isSticky) close();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

const itemsOf = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")];

function move(event: KeyboardEvent<HTMLDivElement>, close: () => void): void {
  const items = itemsOf(event.currentTarget);
  const at = items.findIndex((item) => item === document.activeElement);
  const targets: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: items.length - 1,
  };
  const target = targets[event.key];
  if (target !== undefined) {
    event.preventDefault();
    items[(target + items.length) % items.length]?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    close();
  }
  event.stopPropagation();
}

function place(menu: HTMLElement, by: DOMRect): void {
  const { width, height } = menu.getBoundingClientRect();
  const isBelow = by.bottom + 4 + height < window.innerHeight || by.top < height;
  menu.style.left = `${Math.max(8, Math.min(by.left, window.innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, isBelow ? by.bottom + 4 : by.top - height - 4)}px`;
}
