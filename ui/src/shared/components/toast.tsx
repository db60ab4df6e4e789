// Short notes about what was done. Errors stay until they are closed.
import { useSyncExternalStore } from "react";
import { Button } from "./Button";

interface Toast {
  id: number;
  kind: "info" | "error";
  text: string;
  action: { label: string; run: () => void } | null;
}

const shownMs = 6000;
const listeners = new Set<() => void>();
let toasts: Toast[] = [];
let nextId = 1;

export function showToast(text: string, action: Toast["action"] = null): void {
  const id = add("info", text, action);
  setTimeout(() => close(id), shownMs);
}

/** Shows what went wrong in the server's words. */
export function showError(error: unknown): void {
  add("error", error instanceof Error ? error.message : String(error), null);
}

function add(kind: Toast["kind"], text: string, action: Toast["action"]): number {
  const id = nextId++;
  change([...toasts.slice(-3), { id, kind, text, action }]);
  return id;
}

const close = (id: number) => change(toasts.filter((toast) => toast.id !== id));

function change(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className="toast" data-kind={toast.kind}>
          <span>{toast.text}</span>
          {toast.action && (
            <Button
              look="plain"
              onClick={() => {
                toast.action?.run();
                close(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <Button look="plain" size="icon" aria-label="Close note" onClick={() => close(toast.id)}>
            ✕
          </Button>
        </div>
      ))}
    </div>
  );
}
