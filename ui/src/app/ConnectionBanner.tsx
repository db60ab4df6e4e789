import { useSyncExternalStore } from "react";
import { connectionStore } from "@/api/live";
import { formatAgo } from "@/shared/format";
import { useNow } from "@/shared/useNow";

/** Says since when the server does not answer; the page goes on by itself when it is back. */
export function ConnectionBanner() {
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
  const now = useNow(1000);
  const isAway = connection.state === "away";
  return (
    <div role="status">
      {isAway && (
        <p className="banner">
          The server has not answered for{" "}
          {formatAgo(connection.sinceUnixMs, now).replace(/ ago$|^now$/, "") || "a moment"}; what you see is
          from before. Trying again by itself.
        </p>
      )}
    </div>
  );
}
