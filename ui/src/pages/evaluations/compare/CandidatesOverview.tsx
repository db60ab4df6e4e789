// Several candidates against one base, on one line: those that were refused have no place on it.
import type { ComparedCandidate } from "@/api/evaluations";
import { Badge, ModelName } from "@/shared/components";
import { ForestPlot } from "@/shared/figures";
import { formatCount } from "@/shared/format";
import { markTones, verdictTones } from "./words";

interface OverviewProps {
  candidates: ComparedCandidate[];
  shown: number;
  onShow: (run: string) => void;
}

export function CandidatesOverview({ candidates, shown, onShow }: OverviewProps) {
  const metric = candidates.find((one) => one.comparison)?.comparison?.metric ?? "the primary score";
  const margins = candidates.flatMap((one) => one.comparison?.margin ?? []);
  const margin = margins.length === 0 ? 0 : Math.max(...margins);
  const refused = candidates.filter((one) => one.verdict === "refused").length;
  const models = candidates.map(modelOf);
  return (
    <section className="candidate-overview" aria-label="Candidates">
      {refused > 0 && (
        <p className="section-note">
          {refused} of {formatCount(candidates.length, "candidate")} must not be compared with this base and{" "}
          {refused === 1 ? "has" : "have"} no place on the line.
        </p>
      )}
      <ForestPlot
        label={`Improvement of ${metric}, each candidate against the base`}
        what="Candidate"
        unit="← worse · better →"
        guides={[0]}
        band={margin > 0 ? { min: -margin, max: margin } : null}
        hasNotes
        rows={candidates.map((one, place) => {
          const effect = one.comparison?.primary;
          return {
            id: `${one.run.name} ${place}`,
            label: (
              <button
                type="button"
                className="link"
                aria-pressed={place === shown}
                onClick={() => onShow(one.run.name)}
              >
                <ModelName model={models[place] ?? ""} />
                {models.indexOf(models[place] ?? "") !== models.lastIndexOf(models[place] ?? "") && (
                  <small className="quiet"> {place + 1}</small>
                )}
              </button>
            ),
            value: effect?.improvement ?? null,
            interval: effect?.improvement_interval95,
            n: effect?.n ?? null,
            tone: markTones[one.verdict],
            ...(one.verdict === "refused"
              ? {
                  instead: (
                    <span className="candidate-refused">{one.refused?.refusals[0]?.text ?? "refused"}</span>
                  ),
                }
              : {}),
            note: <Badge tone={verdictTones[one.verdict]}>{one.verdict}</Badge>,
          };
        })}
      />
    </section>
  );
}

const modelOf = (one: ComparedCandidate) =>
  one.comparison?.candidate.model ?? one.refused?.candidate.model ?? one.run.name;
