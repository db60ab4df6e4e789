import { useState } from "react";
import { Button } from "./Button";
import { showError } from "./toast";

/** Copies `text`; says so in the button for a moment. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      showError(new Error("The browser does not allow copying here; mark the text and copy it by hand."));
    }
  };
  return <Button onClick={() => void copy()}>{isCopied ? "Copied" : label}</Button>;
}

/** A line to paste into a terminal. */
export function CopyLine({ text }: { text: string }) {
  return (
    <div className="copy-line">
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}
