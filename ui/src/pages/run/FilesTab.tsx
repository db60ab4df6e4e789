import { prefix } from "@/api/client";
import { useFiles } from "@/api/runDetails";
import { EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { hrefOf } from "@/shared/fileAddress";
import { formatAgo, formatBytes } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import type { TabProps } from "./view";

export function FilesTab({ at }: TabProps) {
  const files = useFiles(at);
  const now = useNow();
  if (files.isPending) return <LoadingState label="Files are coming" />;
  if (files.isError) return <ErrorState error={files.error} onRetry={() => void files.refetch()} />;
  if (files.data.length === 0) return <EmptyState title="It has saved no files" />;
  return (
    <table className="run-config-table files-table">
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">Size</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {files.data.map((file) => (
          <tr key={file.name}>
            <th scope="row">
              <a href={hrefOf(prefix, file.url)} download>
                <bdi>{file.name}</bdi>
              </a>
            </th>
            <td>{formatBytes(file.size_bytes)}</td>
            <td>{formatAgo(file.updated_unix_ms, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
