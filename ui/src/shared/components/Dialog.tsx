import { useEffect, useId, useRef, type ReactNode } from "react";
import { Button } from "./Button";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the end, the one that does it last. */
  actions?: ReactNode;
}

/** The platform's modal dialog: it keeps the focus, Escape closes it. Render it only while it is open. */
export function Dialog({ title, onClose, children, actions }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <Button look="plain" size="icon" aria-label="Close" onClick={onClose}>
          ✕
        </Button>
      </div>
      {children}
      {actions !== undefined && <div className="dialog-actions">{actions}</div>}
    </dialog>
  );
}
