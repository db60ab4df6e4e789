import { useId, useState, type ReactNode } from "react";

export interface TooltipProps {
  text: string;
  children: ReactNode;
}

/** What a short or cut text means, on hover and on focus. Nothing that a person needs is only here. */
export function Tooltip({ text, children }: TooltipProps) {
  const [at, setAt] = useState<{ left: number; top: number } | null>(null);
  const id = useId();
  const show = (target: Element) => {
    const box = target.getBoundingClientRect();
    setAt({ left: Math.min(box.left, window.innerWidth - 348), top: box.bottom + 6 });
  };
  return (
    <span
      aria-describedby={at ? id : undefined}
      onPointerEnter={(event) => show(event.currentTarget)}
      onPointerLeave={() => setAt(null)}
      onFocus={(event) => show(event.currentTarget)}
      onBlur={() => setAt(null)}
    >
      {children}
      {at && (
        <span id={id} role="tooltip" className="tooltip" style={{ left: Math.max(8, at.left), top: at.top }}>
          {text}
        </span>
      )}
    </span>
  );
}
