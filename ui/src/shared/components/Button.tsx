import type { ButtonHTMLAttributes, Ref } from "react";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "normal" | "primary" | "danger" | "plain";
  /** `icon`: a square one; then give `aria-label`. */
  size?: "normal" | "icon";
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = "normal",
  size = "normal",
  className = "",
  type = "button",
  ...rest
}: ButtonProps) {
  return <button {...rest} type={type} className={`button ${className}`} data-look={look} data-size={size} />;
}
