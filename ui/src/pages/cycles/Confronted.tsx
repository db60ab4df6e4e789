// What the plan expected against what came out, on one line a metric.
import type { Confrontation } from "@/api/cycles";
import { Badge } from "@/shared/components";
import { ForestPlot } from "@/shared/figures";
import { stateTones } from "./states";

export function Confronted({ confrontations }: { confrontations: Confrontation[] }) {
  if (confrontations.length === 0) return null;
  return (
    <section aria-label="Expected against observed">
      <h3>Expected against observed</h3>
      {confrontations.map((one, place) => (
        <div key={place}>
          <p>
            <Badge tone={stateTones[one.state] ?? "plain"}>{one.state.replaceAll("_", " ")}</Badge>{" "}
            <span>{one.text}</span> <span className="quiet">({one.rule.replaceAll("_", " ")})</span>
          </p>
          <ForestPlot
            label={`Improvement of ${one.expectation.metric}, expected against observed`}
            what={`Improvement of ${one.expectation.metric}`}
            unit="dashed: nothing, and what was expected at least"
            guides={[0, one.expectation.at_least]}
            rows={[
              {
                id: "expected",
                label: "expected",
                value: one.expectation.improvement,
                interval: null,
                n: null,
                tone: "muted",
              },
              {
                id: "at least",
                label: "at least",
                value: one.expectation.at_least,
                interval: null,
                n: null,
                tone: "muted",
              },
              {
                id: "observed",
                label: "observed",
                value: one.observed ?? null,
                interval: one.observed_interval95,
                n: one.n,
                tone: one.state === "met" ? "good" : one.state === "missed" ? "bad" : "accent",
              },
            ]}
          />
          <p className="section-note">The expectation {one.expectation.basis}.</p>
        </div>
      ))}
    </section>
  );
}
