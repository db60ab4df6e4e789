// The report at a glance: the score, who served it, what failed, where the error sits, what it took.
import { useQuery } from "@tanstack/react-query";
import { rowsPage, type Evaluation } from "@/api/evaluations";
import type { RunRef } from "@/api/types";
import { ModelName } from "@/shared/components";
import { ForestPlot, Histogram, intervalText, ShareBars, type ForestRow } from "@/shared/figures";
import { formatCount, formatDuration, formatNumber, formatShare, nothing } from "@/shared/format";
import { collect, type PageOf } from "@/shared/table/usePages";
import type { ReportRow } from "@/api/evaluations";
import { explainFailure, isTransport } from "../failures";
import { denominatorOf, fieldErrors, formatFigure } from "../figures";
import { medianText, strataRows, metricsOfStrata } from "./strata";
import type { ReportView, SetReportView } from "./view";

interface SummaryProps {
  at: RunRef;
  evaluation: Evaluation;
  view: ReportView;
  setView: SetReportView;
}

export function SummaryTab(props: SummaryProps) {
  return (
    <div className="sections">
      <Headline evaluation={props.evaluation} />
      <div className="section-pair">
        <ServedBy evaluation={props.evaluation} />
        <Failures {...props} />
      </div>
      <div className="section-pair">
        <FieldErrors evaluation={props.evaluation} />
        <Strata {...props} />
      </div>
      <CostAndLatency at={props.at} evaluation={props.evaluation} />
    </div>
  );
}

function Headline({ evaluation }: { evaluation: Evaluation }) {
  const { primary, report } = evaluation;
  const margin = report.primary_score.margin;
  return (
    <section aria-label="The primary score">
      <dl className="headline">
        <div>
          <dt>
            {primary.name} ({primary.direction === "minimize" ? "lower is better" : "higher is better"})
          </dt>
          <dd>
            {formatFigure(primary.metric)} <small>{primary.metric.unit}</small>
          </dd>
        </div>
        <div>
          <dt>95 % interval</dt>
          <dd>{intervalText(primary.metric.interval95)}</dd>
        </div>
        <div>
          <dt>n</dt>
          <dd>
            {denominatorOf(primary.metric)} <small>rows</small>
          </dd>
        </div>
        <div>
          <dt>Valid</dt>
          <dd>{formatFigure(report.metrics["strict_valid_rate"])}</dd>
        </div>
        <div>
          <dt>Margin that matters</dt>
          <dd>{margin === null || margin === undefined ? nothing : formatNumber(margin)}</dd>
        </div>
      </dl>
      {primary.undefined_because && <p className="bad-text">{primary.undefined_because}</p>}
    </section>
  );
}

function ServedBy({ evaluation }: { evaluation: Evaluation }) {
  const { report, rows } = evaluation;
  const served = rows?.served_by ?? report.served_by ?? {};
  const requested = report.answered_by.model;
  return (
    <section aria-labelledby="served-by">
      <h2 id="served-by">Who really answered</h2>
      <p className="section-note">
        Asked for <ModelName model={report.model} />. {formatNumber(report.n_answered)} of{" "}
        {formatCount(report.n_total, "row")} got an answer.
      </p>
      {Object.keys(served).length === 0 ? (
        <p className="quiet">The recorder did not say.</p>
      ) : (
        <ShareBars
          label="Who really answered"
          whole={report.n_total}
          parts={Object.entries(served).map(([model, count]) => ({
            id: model,
            label: model,
            count,
            tone: model.startsWith("nobody") ? "muted" : model === requested ? "good" : "accent",
          }))}
        />
      )}
    </section>
  );
}

function Failures({ evaluation, setView }: SummaryProps) {
  const { report, rows } = evaluation;
  const modes = Object.entries(report.failures);
  const whole = rows?.rows ?? report.n_total;
  return (
    <section aria-labelledby="validity">
      <h2 id="validity">Validity</h2>
      {modes.map(([mode, failures]) => {
        const codes = Object.entries(failures)
          .filter(([, count]) => count > 0)
          .sort(([, a], [, b]) => b - a);
        const failed = codes.reduce((sum, [, count]) => sum + count, 0);
        return (
          <div key={mode}>
            <h3>{mode === "constrained" ? "Under the grammar" : "Without a grammar"}</h3>
            <ShareBars
              label={`Validity, ${mode}`}
              whole={whole}
              parts={[
                { id: "valid", label: "valid", count: whole - failed, tone: "good" },
                ...codes.map(([code, count]) => ({
                  id: code,
                  label: (
                    <button
                      type="button"
                      className="link"
                      onClick={() => setView({ tab: "rows", failure: code, row: null })}
                    >
                      {code}
                    </button>
                  ),
                  note: explainFailure(code),
                  count,
                  tone: isTransport(code) ? ("muted" as const) : ("bad" as const),
                })),
              ]}
            />
          </div>
        );
      })}
      {modes.length === 0 && <p className="quiet">The report counts no failures.</p>}
    </section>
  );
}

function FieldErrors({ evaluation }: { evaluation: Evaluation }) {
  const errors = fieldErrors(evaluation.report.metrics);
  if (errors.length === 0) return null;
  const rows: ForestRow[] = errors.map(({ field, figure }) => ({
    id: field,
    label: field,
    value: figure.value ?? null,
    interval: figure.interval95,
    n: figure.n,
    nTotal: figure.n_total,
  }));
  return (
    <section aria-labelledby="field-errors">
      <h2 id="field-errors">Error per field, worst first</h2>
      <ForestPlot
        label="Error per field"
        what="Field"
        unit={errors[0]?.figure.unit ?? ""}
        rows={rows}
        include={[0]}
      />
    </section>
  );
}

function Strata({ evaluation, view, setView }: SummaryProps) {
  const { report } = evaluation;
  const metrics = metricsOfStrata(report.strata);
  if (metrics.length === 0) return null;
  const metric = metrics.includes(view.metric) ? view.metric : report.primary_score.metric;
  const overall = report.metrics[metric]?.value;
  return (
    <section aria-labelledby="strata">
      <h2 id="strata">Strata</h2>
      <label className="inline-field">
        Metric{" "}
        <select
          value={metric}
          onChange={(event) =>
            setView({ metric: event.target.value === report.primary_score.metric ? "" : event.target.value })
          }
        >
          {metrics.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <ForestPlot
        label={`${metric} per stratum; the dashed line is all rows`}
        what="Stratum"
        unit={report.metrics[metric]?.unit ?? ""}
        guides={overall === null || overall === undefined ? [] : [overall]}
        rows={strataRows(report, metric).map((row) => ({
          ...row,
          label: (
            <button
              type="button"
              className="link"
              onClick={() => setView({ tab: "rows", stratum: row.id, row: null })}
            >
              {row.id}
            </button>
          ),
        }))}
      />
    </section>
  );
}

const sampled = 500;

function CostAndLatency({ at, evaluation }: { at: RunRef; evaluation: Evaluation }) {
  const { report, rows } = evaluation;
  const query = useQuery({
    ...latencySample(at),
    enabled: rows !== null && rows !== undefined,
  });
  const answers = (query.data?.rows ?? []).flatMap(({ row }) => row.constrained ?? row.unconstrained ?? []);
  const costs = answers.flatMap((answer) => answer.cost.usd ?? []);
  const total = query.data?.total ?? 0;
  return (
    <section aria-labelledby="cost-latency">
      <h2 id="cost-latency">Cost and latency</h2>
      <dl className="facts">
        <dt>Latency</dt>
        <dd>{medianText(report.metrics)}</dd>
        <dt>Cost</dt>
        <dd>
          {report.metrics["cost_usd"]
            ? `$${formatNumber(report.metrics["cost_usd"].value)} (${denominatorOf(report.metrics["cost_usd"])} rows)`
            : `${nothing} (${[...new Set(answers.map((one) => one.cost.basis.replaceAll("_", " ")))].join(", ") || "no basis"})`}
        </dd>
        {rows && (
          <>
            <dt>Tokens</dt>
            <dd>
              {formatNumber(rows.tokens.prompt)} in, {formatNumber(rows.tokens.completion)} out,{" "}
              {formatShare(
                rows.tokens.completion === 0 ? null : rows.tokens.forced / rows.tokens.completion,
                rows.tokens.forced,
                rows.tokens.completion,
              )}{" "}
              by the grammar
            </dd>
          </>
        )}
      </dl>
      {answers.length > 0 && (
        <div className="section-pair">
          <section>
            <h3>
              Latency of {formatCount(answers.length, "answer")}
              {answers.length < total && ` (the first of ${formatNumber(total)})`}
            </h3>
            <Histogram
              label="Latency"
              values={answers.map((answer) => answer.latency_secs)}
              format={formatDuration}
            />
          </section>
          {costs.length > 0 && (
            <section>
              <h3>Cost of {formatCount(costs.length, "answer")}</h3>
              <Histogram label="Cost" values={costs} format={(usd) => `$${formatNumber(usd)}`} />
            </section>
          )}
        </div>
      )}
    </section>
  );
}

function latencySample(at: RunRef) {
  const wanted = { order: "id" as const, failure: null, stratum: null };
  return {
    queryKey: [...rowsPage(at, wanted, 0, sampled).queryKey, "sample"] as const,
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<PageOf<ReportRow>> => {
      const found: ReportRow[] = [];
      let total = 0;
      for (let offset = 0; offset < sampled; offset = found.length) {
        const page = await collect((from, limit) => rowsPage(at, wanted, from, limit), offset, signal);
        total = page.total;
        found.push(...page.rows);
        if (page.rows.length === 0 || found.length >= total) break;
      }
      return { rows: found, total };
    },
  };
}
