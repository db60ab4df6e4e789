// Who may ask, what is stored and how the server is.
import { useViewer } from "@/api/viewer";
import { ErrorState, LoadingState, PageHeader, Badge } from "@/shared/components";
import { Keys } from "./Keys";
import { People } from "./People";
import { Projects } from "./Projects";
import { ServerState } from "./ServerState";
import { ThemeChoice } from "./ThemeChoice";
import "@/shared/sections.css";
import "./settings.css";

export default function SettingsPage() {
  const viewer = useViewer();
  if (viewer.isPending) return <LoadingState label="Settings are coming" />;
  if (viewer.isError) return <ErrorState error={viewer.error} onRetry={() => void viewer.refetch()} />;
  const me = viewer.data;
  return (
    <>
      <PageHeader
        kind="Page"
        title="Settings"
        facts={
          <>
            <span className="quiet">
              you are <bdi>{me.name}</bdi>
            </span>
            {me.is_admin && <Badge>administrator</Badge>}
            {me.is_read_only && <Badge tone="warn">read-only key</Badge>}
          </>
        }
      />
      <div className="settings">
        <Keys viewer={me} />
        <People viewer={me} />
        <Projects mayWrite={!me.is_read_only} />
        <ServerState viewer={me} />
        <ThemeChoice />
      </div>
    </>
  );
}
