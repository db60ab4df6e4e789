// A button that opens a list of actions; arrow keys move, Escape closes, focus goes back to the button.
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useLatest } from "@/shared/useLatest";
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
  const [by, setBy] = useState<HTMLElement | null>(null);
  // Pressing the button closes the list by itself; the click that follows must not open it again.
  const wasOpen = useRef(false);
  return (
    <>
      <Button
        {...button}
        aria-haspopup="menu"
        aria-expanded={by !== null}
        onPointerDown={() => (wasOpen.current = by !== null)}
        onClick={(event) => {
          setBy(by === null && !wasOpen.current ? event.currentTarget : null);
          wasOpen.current = false;
        }}
      >
        {label}
      </Button>
      {by && <MenuList by={by} items={items} isSticky={isSticky} onClose={() => setBy(null)} />}
    </>
  );
}

export interface MenuListProps {
  /** What opened it: it lies there, and the focus goes back there. */
  by: HTMLElement;
  items: MenuItem[];
  onClose: () => void;
  label?: string;
  isSticky?: boolean;
}

/** The open list alone, for openers that are no `Menu`. */
export function MenuList({ by, items, onClose, label, isSticky = false }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  const latestClose = useLatest(onClose);
  useEffect(() => {
    const menu = list.current;
    if (!menu) return;
    menu.showPopover();
    place(menu, by.getBoundingClientRect());
    itemsOf(menu)[0]?.focus();
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") latestClose.current();
    };
    menu.addEventListener("toggle", onToggle);
    return () => menu.removeEventListener("toggle", onToggle);
  }, [by, latestClose]);
  const close = () => {
    onClose();
    by.focus();
  };
  return (
    <div
      ref={list}
      className="menu"
      role="menu"
      aria-label={label ?? by.getAttribute("aria-label") ?? by.textContent}
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
            if (!isSticky) close();
            item.onSelect();
          }}
        >
          {item.label}
        </button>
      ))}
    </div>
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
