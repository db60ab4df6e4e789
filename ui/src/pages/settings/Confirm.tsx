import { useState, type ReactNode } from "react";
import { Button, Dialog } from "@/shared/components";

export interface ConfirmProps {
  title: string;
  /** What the button that does it says. */
  does: string;
  /** What has to be typed first; null for none. */
  typed: string | null;
  isBusy: boolean;
  error: Error | null;
  onDo: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before what cannot be undone. A refusal is shown in it, in the server's words. */
export function Confirm({ title, does, typed, isBusy, error, onDo, onClose, children }: ConfirmProps) {
  const [text, setText] = useState("");
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="danger" disabled={isBusy || (typed !== null && text !== typed)} onClick={onDo}>
            {does}
          </Button>
        </>
      }
    >
      {children}
      {typed !== null && (
        <label className="confirm-typed">
          <span>
            To be sure, type <b dir="auto">{typed}</b>
          </span>
          <input
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      )}
      {error && (
        <p className="setting-problem" role="alert">
          {error.message}
        </p>
      )}
    </Dialog>
  );
}
