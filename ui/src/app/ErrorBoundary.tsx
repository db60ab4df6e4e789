import { Component, type ReactNode } from "react";
import { Button } from "@/shared/components";

/** A page that breaks says so and leaves the rest of the app alone. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="state" data-kind="error" role="alert">
        <h2>This page broke</h2>
        <p>{error.message}</p>
        <p>What you see is a fault of gradus, not of your data. Loading the page anew often helps.</p>
        <Button onClick={() => window.location.reload()}>Load anew</Button>
      </div>
    );
  }
}
