// Made by `npm run schema` from docs/openapi.json.

export interface paths {
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live events as `text/event-stream`
         * @description `ready` once, then `lines` (`{entity, project, run, stream, end}`), `run` and `run_deleted`
         *     (`{entity, project, run}`). `lagged` (`{lost}`) says that events were lost: fetch anew.
         */
        get: operations["get_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the server is: version, size, what the last start recovered */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys of a user */
        get: operations["get_keys"];
        put?: never;
        /** Make a key */
        post: operations["post_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a key */
        delete: operations["delete_keys_by_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Projects that the caller may see */
        get: operations["get_projects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One project */
        get: operations["get_projects_by_project"];
        put?: never;
        post?: never;
        /** Remove a project and all its runs */
        delete: operations["delete_projects_by_project"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/buckets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Metrics of many runs in buckets
         * @description With `Accept: application/vnd.gradus.buckets` the answer is binary, little-endian: length of a
         *     header u32; the header as JSON, `{"columns", "missing_runs", "series": [{"run", "key", "width",
         *     "n", "offset"}]}`, padded to a multiple of 8 bytes; then for each series, at `offset` after the
         *     header, its columns one after another, each `n` 64-bit floats, NaN where there is no number.
         */
        post: operations["post_projects_by_project_buckets"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/columns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys of configuration and summary that runs of a project have */
        get: operations["get_projects_by_project_columns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/dashboards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Dashboards of a project */
        get: operations["get_projects_by_project_dashboards"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/dashboards/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One dashboard */
        get: operations["get_projects_by_project_dashboards_by_name"];
        /** Keep a dashboard; the body is its YAML */
        put: operations["put_projects_by_project_dashboards_by_name"];
        post?: never;
        /** Remove a dashboard */
        delete: operations["delete_projects_by_project_dashboards_by_name"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs of a project */
        get: operations["get_projects_by_project_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run */
        get: operations["get_projects_by_project_runs_by_run"];
        put?: never;
        /**
         * Begin a run, or change what is known of it
         * @description With `host` or `program` a process stands behind the request, and the run is running. A run that
         *     has rows already is begun anew, unless neither of these nor a name, notes, tags, group or job
         *     type is given.
         */
        post: operations["post_projects_by_project_runs_by_run"];
        /** Remove a run, its rows and its files */
        delete: operations["delete_projects_by_project_runs_by_run"];
        options?: never;
        head?: never;
        /** Change a run's name, notes, tags or group */
        patch: operations["patch_projects_by_project_runs_by_run"];
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/buckets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One metric of one run in buckets */
        get: operations["get_projects_by_project_runs_by_run_buckets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/console": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Console lines of a run */
        get: operations["get_projects_by_project_runs_by_run_console"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files of a run */
        get: operations["get_projects_by_project_runs_by_run_files"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/files/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One file: leads to the address that serves it */
        get: operations["get_projects_by_project_runs_by_run_files_by_name"];
        /** Keep a file of a run; what had the name before makes way */
        put: operations["put_projects_by_project_runs_by_run_files_by_name"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/lines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send lines of a run: the `wandb` client's `file_stream` body; answered when they are durable */
        post: operations["post_projects_by_project_runs_by_run_lines"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics of a run */
        get: operations["get_projects_by_project_runs_by_run_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run as it was sent, without its rows */
        get: operations["get_projects_by_project_runs_by_run_record"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whole rows */
        get: operations["get_projects_by_project_runs_by_run_rows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The values of keys in the rows that have all of them */
        get: operations["get_projects_by_project_runs_by_run_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have the script interrupted at its next upload */
        post: operations["post_projects_by_project_runs_by_run_stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/runs/{run}/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** System metrics of a run, evenly sampled */
        get: operations["get_projects_by_project_runs_by_run_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/sweeps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sweeps of a project */
        get: operations["get_projects_by_project_sweeps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/sweeps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One sweep: trials, best so far, which parameters mattered */
        get: operations["get_projects_by_project_sweeps_by_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write a store of the present state into a folder (administrators, from the server's machine) */
        post: operations["post_store_backup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read and compare all that is stored (administrators) */
        post: operations["post_store_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/store/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the catalogue anew from log and segments (administrators) */
        post: operations["post_store_rebuild"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Teams */
        get: operations["get_teams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make a team, or change its members (administrators) */
        put: operations["put_teams_by_name"];
        post?: never;
        /** Remove a team; its runs stay (administrators) */
        delete: operations["delete_teams_by_name"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Users */
        get: operations["get_users"];
        put?: never;
        /** Make a user (administrators) */
        post: operations["post_users"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a user with all keys; runs stay (administrators) */
        delete: operations["delete_users_by_name"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Take a key for a user that was made elsewhere (administrators) */
        put: operations["put_users_by_name_keys"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/viewer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks */
        get: operations["get_viewer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AlertAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            /** @description `INFO`, `WARN` or `ERROR`. */
            severity: string;
            text: string;
            title: string;
        };
        BackupAnswer: {
            /** Format: int64 */
            blobs: number;
            /**
             * Format: int64
             * @description Files that could not be linked and were copied.
             */
            copied: number;
            /** Format: int64 */
            runs: number;
            /** Format: int64 */
            segments: number;
        };
        BackupWanted: {
            /** @description An absolute path on the server's machine that is empty or not there. */
            folder: string;
        };
        Begun: {
            is_new: boolean;
            /**
             * Format: int64
             * @description Number of the history line that comes next.
             */
            next_line: number;
            run: components["schemas"]["RunAnswer"];
        };
        BestTrial: {
            /** @description The run's id. */
            run: string;
            /** Format: double */
            value: number;
        };
        /** @enum {string} */
        BucketColumn: "first_steps" | "last_steps" | "first_xs" | "last_xs" | "counts" | "nan_counts" | "mins" | "maxs" | "means" | "lasts";
        /** @description One metric of one run, as columns: a place in each list is a bucket. */
        BucketSeries: {
            /** @description Numbers, NaN included. */
            counts: number[];
            /** @description Steps at which numbers lie, both inclusive. Buckets without numbers are left out. */
            first_steps: number[];
            /** @description Lowest and highest value of `x_key`; absent over steps. */
            first_xs?: number[];
            key: string;
            last_steps: number[];
            last_xs?: number[];
            /** @description At the highest step; of several there the one sent last. */
            lasts: number[];
            maxs: (number | null)[];
            /** @description Of all but NaN. */
            means: (number | null)[];
            /** @description Null where every number is NaN; so are `maxs` and `means`. Infinities are texts. */
            mins: (number | null)[];
            nan_counts: number[];
            run: string;
            /**
             * Format: int64
             * @description Steps of one bucket, counted from the first step; 0 where there is no number, and over
             *     another metric's values.
             */
            width: number;
        };
        BucketsAnswer: {
            /** @description Runs that are not there. */
            missing_runs: string[];
            /** @description For each run each key of which it has numbers. */
            series: components["schemas"]["BucketSeries"][];
        };
        BucketsOfMany: {
            /**
             * Format: int64
             * @description Of each series, 1 to 20,000; 1,000 where nothing is said. All series together have at most
             *     2,000,000.
             */
            buckets?: number | null;
            /** @description Of a binary answer; all where nothing is said. */
            columns?: components["schemas"]["BucketColumn"][] | null;
            /** @description At most 200. */
            keys: string[];
            /** Format: int64 */
            max_step?: number | null;
            /** Format: int64 */
            min_step?: number | null;
            /** @description Ids of runs, at most 500. */
            runs: string[];
            /** @description Buckets over the values of this metric, in rows that have both, instead of over steps. */
            x_key?: string | null;
        };
        CheckAnswer: {
            /** Format: int64 */
            blobs: number;
            /** Format: int64 */
            log_records: number;
            /** @description Each names a file and what is wrong with it; empty for a store that is whole. */
            problems: string[];
            /** Format: int64 */
            rows: number;
            /** Format: int64 */
            segments: number;
            /**
             * Format: int64
             * @description Blobs that were sent and belong to nothing (yet).
             */
            unlinked_blobs: number;
        };
        /** @description A key that runs of the project have; nested ones with dots. */
        Column: {
            name: string;
            /**
             * Format: int64
             * @description Runs in which it is a finite number or a boolean.
             */
            numbers: number;
            /**
             * Format: int64
             * @description Runs that have it.
             */
            runs: number;
        };
        ColumnList: {
            config: components["schemas"]["Column"][];
            summary: components["schemas"]["Column"][];
        };
        ConsoleAnswer: {
            lines: components["schemas"]["Line"][];
            /**
             * Format: int64
             * @description `after` of the next page; null at the end.
             */
            next_after?: number | null;
            /**
             * Format: int64
             * @description Lines of the run, found or not.
             */
            total: number;
        };
        DashboardAnswer: {
            datasets: string[];
            /** @description Made from the project's metrics, not kept. */
            is_made: boolean;
            name: string;
            /** @description Those of the file, then those that its data sets get. */
            panels: components["schemas"]["PanelAnswer"][];
            title: string;
            /** Format: int64 */
            updated_unix_ms: number;
            user: string;
            /** @description What panels name and no run of the project has. */
            warnings: string[];
            /** @description As it was sent. */
            yaml: string;
        };
        DashboardEntry: {
            /** @description Made from the project's metrics, not kept. */
            is_made: boolean;
            name: string;
            title: string;
            /** Format: int64 */
            updated_unix_ms: number;
            user: string;
        };
        DashboardList: {
            /**
             * @description By name. A project without any has the one made from its metrics, where its runs log keys
             *     of the monitoring design.
             */
            dashboards: components["schemas"]["DashboardEntry"][];
        };
        /** @description What `define_metric` said. */
        DefinedMetric: {
            /** @description a pattern with `*`. */
            glob?: string | null;
            /** @description `minimize` or `maximize`. */
            goal?: string | null;
            is_hidden: boolean;
            /** @description Of one metric; or */
            name?: string | null;
            /** @description The x axis; null for the step. */
            step_metric?: string | null;
            step_sync: boolean;
            /** @description `min`, `max`, `mean`, `best`, `last`, `none`, `copy`, `first`. */
            summary: string[];
        };
        /** @description An answer without content. */
        Done: {
            done: boolean;
        };
        /** @description How a refusal looks. */
        ErrorAnswer: {
            /** @description What went wrong and what to do. */
            error: string;
            errors: components["schemas"]["ErrorMessage"][];
        };
        ErrorMessage: {
            message: string;
        };
        FileAnswer: {
            content_type: string;
            /** @description Base64. */
            md5: string;
            /** @description A path with `/`. */
            name: string;
            /** @description Hexadecimal. */
            sha256: string;
            /** Format: int64 */
            size_bytes: number;
            /** Format: int64 */
            updated_unix_ms: number;
            /** @description Works without a key, for as long as the server's signed addresses do. */
            url: string;
        };
        FileList: {
            /** @description By name. */
            files: components["schemas"]["FileAnswer"][];
        };
        Health: {
            /** Format: int64 */
            projects: number;
            recovery: components["schemas"]["Recovery"];
            /** Format: int64 */
            runs: number;
            /**
             * Format: int64
             * @description Bytes of all files in the store's folder; null for those who are no administrators.
             */
            store_bytes?: number | null;
            version: string;
        };
        /** @description A key without its secret, which is kept nowhere. */
        KeyAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            description: string;
            id: string;
            is_read_only: boolean;
            user: string;
        };
        KeyGiven: {
            description?: string;
            is_read_only?: boolean;
            /** @description At least 40 letters, digits, `-` or `_`. */
            key: string;
        };
        KeyList: {
            /** @description In the order in which they were made. */
            keys: components["schemas"]["KeyAnswer"][];
        };
        KeyWanted: {
            description?: string;
            is_read_only?: boolean;
            /** @description Whose key; the caller's where nothing is said. Administrators may name anybody. */
            user?: string | null;
        };
        Line: {
            /** @description Written to standard error. */
            is_error: boolean;
            /** @description Which of several writers. */
            label?: string | null;
            /** Format: int64 */
            number: number;
            text: string;
            /** @description ISO 8601 in UTC, without a zone, as the client wrote it. */
            timestamp?: string | null;
        };
        LinesReply: {
            /** @description The run shall stop. */
            stopped: boolean;
        };
        Metric: {
            /**
             * Format: int64
             * @description Rows that have it.
             */
            count: number;
            /** @description `number`, `string`, `bool`, `list`, `map`, `null`, or the `_type` of media. */
            kind: string;
            last: Record<string, never>;
            /** @description One inside of nested values has dots. */
            name: string;
        };
        MetricGroup: {
            metrics: components["schemas"]["Metric"][];
            name: string;
        };
        MetricList: {
            /** @description What stands before the first slash; those without one first, the others by name. */
            groups: components["schemas"]["MetricGroup"][];
        };
        NewKey: components["schemas"]["KeyAnswer"] & {
            /** @description The key itself; it is not shown again. */
            key: string;
        };
        PanelAnswer: {
            columns: string[];
            /** @description Metrics of the project that are meant. */
            found: string[];
            /** @description As they stand in the file, `*` included. */
            metrics: string[];
            title: string;
            /** @description `line`, `bar`, `scalar`, `table`, `pie` or `scatter`. */
            type: string;
            x_axis?: string | null;
            y_axis?: string | null;
        };
        ParameterImportance: {
            /**
             * Format: double
             * @description Spearman's rank correlation with the metric, -1 to 1; null where it can't be told.
             */
            correlation?: number | null;
            /**
             * Format: int64
             * @description Trials that count.
             */
            n: number;
            /** @description Groups with dots. */
            parameter: string;
            /**
             * Format: double
             * @description Share of the metric's variance that goes with it, alone or with others; null with fewer
             *     than 10 trials.
             */
            total_effect?: number | null;
        };
        ProjectAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            description: string;
            entity: string;
            /**
             * Format: int64
             * @description When a run of it was last heard of.
             */
            last_unix_ms?: number | null;
            name: string;
            /**
             * Format: int64
             * @description Runs that are running now.
             */
            running: number;
            /** Format: int64 */
            runs: number;
            /** @description Who made it. */
            user: string;
        };
        ProjectList: {
            /** @description Newest first. */
            projects: components["schemas"]["ProjectAnswer"][];
        };
        RecordAnswer: {
            /** @description The JSON object that was sent last, NaN and infinities and all. */
            config?: string | null;
            /** Format: int64 */
            created_unix_ms?: number | null;
            display_name?: string | null;
            entity: string;
            /** Format: int32 */
            exit_code?: number | null;
            group?: string | null;
            /** Format: int64 */
            heartbeat_unix_ms?: number | null;
            job_type?: string | null;
            /** @description The run's id. */
            name: string;
            notes?: string | null;
            project: string;
            state?: string | null;
            /** @description As `config`. */
            summary?: string | null;
            sweep?: string | null;
            tags: string[];
            user?: string | null;
        };
        /** @description What opening the store found and did. */
        Recovery: {
            /**
             * Format: int64
             * @description Bytes after the last whole record, cut off and kept aside. They were never acknowledged.
             */
            cut_bytes: number;
            cut_reason?: string | null;
            /** Format: int64 */
            records: number;
            /** Format: int64 */
            removed_files: number;
        };
        RowsAnswer: {
            /**
             * Format: int64
             * @description `min_step` of the next page; null where nothing follows.
             */
            next_min_step?: number | null;
            /** @description As they were logged; NaN and infinities as texts. A line that is no JSON is a text. */
            rows: Record<string, never>[];
        };
        RunAnswer: {
            alerts: components["schemas"]["AlertAnswer"][];
            commit?: string | null;
            /** @description Values, without what the client wraps around them. */
            config: Record<string, never>;
            /** Format: int64 */
            console_lines: number;
            /** Format: int64 */
            created_unix_ms?: number | null;
            defined_metrics: components["schemas"]["DefinedMetric"][];
            description?: string | null;
            display_name?: string | null;
            /** Format: double */
            duration_secs?: number | null;
            entity: string;
            /** Format: int32 */
            exit_code?: number | null;
            /** Format: int64 */
            files: number;
            /** @description `RUN?_step=N` that this run goes on from. */
            forked_from?: string | null;
            group?: string | null;
            /** Format: int64 */
            heartbeat_unix_ms?: number | null;
            /** Format: int64 */
            history_rows: number;
            host?: string | null;
            is_stop_requested: boolean;
            /** @description The caller may change it. */
            is_writable: boolean;
            job_type?: string | null;
            /** Format: int64 */
            last_step?: number | null;
            /** @description The run's id. */
            name: string;
            notes?: string | null;
            /**
             * Format: int64
             * @description Under which the server knows it; never used twice.
             */
            number: number;
            program?: string | null;
            project: string;
            repo?: string | null;
            state: string;
            summary: Record<string, never>;
            sweep?: string | null;
            tags: string[];
            user?: string | null;
        };
        /** @description What a request says of a run; what it does not name is left alone. */
        RunBegin: {
            commit?: string | null;
            /** @description The whole configuration: values, or `{"value": …}` around each. */
            config?: Record<string, never> | null;
            /**
             * Format: int64
             * @description Of a run that happened elsewhere: when it began.
             */
            created_unix_ms?: number | null;
            description?: string | null;
            display_name?: string | null;
            group?: string | null;
            /**
             * Format: int64
             * @description Of a run that happened elsewhere: when it was last heard of.
             */
            heartbeat_unix_ms?: number | null;
            host?: string | null;
            job_type?: string | null;
            notes?: string | null;
            program?: string | null;
            repo?: string | null;
            /** @description A run that is there goes on, whatever else is said. */
            resume?: boolean | null;
            /** @description `running` where nothing is said. */
            state?: string | null;
            /** @description The whole summary. */
            summary?: Record<string, never> | null;
            sweep?: string | null;
            tags?: string[] | null;
            /** @description Of a run that happened elsewhere: whose it is. Administrators alone say this. */
            user?: string | null;
        };
        /** @description What a person changes of a run; what is not named is left alone. */
        RunChange: {
            display_name?: string | null;
            group?: string | null;
            notes?: string | null;
            /** @description All of them, in place of those before. */
            tags?: string[] | null;
        };
        RunList: {
            /** Format: int64 */
            offset: number;
            runs: components["schemas"]["RunRow"][];
            /**
             * Format: int64
             * @description Runs that the filter lets through, on all pages.
             */
            total: number;
        };
        RunRow: {
            /** @description The keys that were asked for, where the run has them. */
            config: {
                [key: string]: Record<string, never>;
            };
            /** Format: int64 */
            created_unix_ms?: number | null;
            display_name?: string | null;
            /**
             * Format: double
             * @description From the beginning to when it was last heard of.
             */
            duration_secs?: number | null;
            group?: string | null;
            /** Format: int64 */
            heartbeat_unix_ms?: number | null;
            job_type?: string | null;
            /** @description The run's id. */
            name: string;
            state: string;
            summary: {
                [key: string]: Record<string, never>;
            };
            sweep?: string | null;
            tags: string[];
            user?: string | null;
        };
        SeriesAnswer: {
            keys: string[];
            /**
             * Format: int64
             * @description `min_step` of the next page; null where nothing follows.
             */
            next_min_step?: number | null;
            steps: number[];
            /** @description For each key the values at these steps, as they were logged; NaN and infinities as texts. */
            values: Record<string, never>[][];
        };
        SweepAnswer: {
            best?: components["schemas"]["BestTrial"] | null;
            /** @description YAML or JSON, as it was sent. */
            config: string;
            /** Format: int64 */
            created_unix_ms: number;
            description?: string | null;
            display_name?: string | null;
            /**
             * Format: int64
             * @description Runs that there will be when nobody stops it; null without an end.
             */
            expected_trials?: number | null;
            /** @description Eight characters. */
            id: string;
            /** @description Whether more of the metric is better; null without a metric. */
            is_maximized?: boolean | null;
            /** @description `grid`, `random` or `bayes`. */
            method: string;
            metric?: string | null;
            /** @description `PENDING`, `RUNNING`, `PAUSED`, `CANCELED`, `FINISHED` or `STOPPED`. */
            state: string;
            /**
             * Format: int64
             * @description Runs that were handed out.
             */
            trial_count: number;
            /** Format: int64 */
            updated_unix_ms: number;
            user: string;
        };
        SweepDetail: {
            /** @description The most important first. */
            importance: components["schemas"]["ParameterImportance"][];
            sweep: components["schemas"]["SweepAnswer"];
            /** @description In the order in which they were handed out. */
            trials: components["schemas"]["TrialAnswer"][];
        };
        SweepList: {
            /** @description Newest first. */
            sweeps: components["schemas"]["SweepAnswer"][];
        };
        SystemAnswer: {
            metrics: components["schemas"]["SystemMetric"][];
            /** @description Seconds since the run began, one a sample. */
            runtime_secs: (number | null)[];
        };
        /** @description What the client measured of its machine. */
        SystemMetric: {
            /** Format: int64 */
            count: number;
            last: Record<string, never>;
            name: string;
            /** @description At the place of each of `runtime_secs`; null where that sample has none. */
            values: (number | null)[];
        };
        TeamAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            members: string[];
            name: string;
        };
        TeamList: {
            /** @description By name; for those who are no administrators only their own. */
            teams: components["schemas"]["TeamAnswer"][];
        };
        TeamWanted: {
            /** @description Names of users; all of them, in place of those before. */
            members: string[];
        };
        TrialAnswer: {
            /**
             * Format: double
             * @description The best value of this trial and those before it.
             */
            best_so_far?: number | null;
            /**
             * Format: int64
             * @description How often the metric was logged.
             */
            count: number;
            /**
             * Format: double
             * @description The metric as it was logged last; null where it was not. NaN and infinities are texts.
             */
            last?: number | null;
            parameters: Record<string, never>;
            /** @description The run's id. */
            run: string;
            state: string;
        };
        UserAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            email: string;
            is_admin: boolean;
            /** Format: int64 */
            keys: number;
            name: string;
            teams: string[];
        };
        UserList: {
            /** @description By name; for those who are no administrators only themselves. */
            users: components["schemas"]["UserAnswer"][];
        };
        UserWanted: {
            email?: string;
            is_admin?: boolean;
            name: string;
        };
        Viewer: {
            /** @description Where runs go that name no entity. */
            default_entity: string;
            email: string;
            is_admin: boolean;
            /** @description The key may only read. */
            is_read_only: boolean;
            name: string;
            teams: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_events: {
        parameters: {
            query?: {
                /** @description `ENTITY/PROJECT`; all that the caller may see otherwise. */
                project?: string;
                /** @description A run's id; wants a project. */
                run?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    get_keys: {
        parameters: {
            query?: {
                /** @description Whose keys; the caller's where nothing is said. Administrators may name anybody, or `*`. */
                user?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
        };
    };
    post_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
        };
    };
    delete_keys_by_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    get_projects: {
        parameters: {
            query?: {
                /** @description Only of this entity; all that the caller may see otherwise. */
                entity?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectList"];
                };
            };
        };
    };
    get_projects_by_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectAnswer"];
                };
            };
        };
    };
    delete_projects_by_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    post_projects_by_project_buckets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BucketsOfMany"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BucketsAnswer"];
                };
            };
        };
    };
    get_projects_by_project_columns: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ColumnList"];
                };
            };
        };
    };
    get_projects_by_project_dashboards: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardList"];
                };
            };
        };
    };
    get_projects_by_project_dashboards_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardAnswer"];
                };
            };
        };
    };
    put_projects_by_project_dashboards_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DashboardAnswer"];
                };
            };
        };
    };
    delete_projects_by_project_dashboards_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    get_projects_by_project_runs: {
        parameters: {
            query?: {
                /** @description The `wandb` client's filter as JSON: `{"state": "finished", "config.lr": {"$lt": 0.1}}`. */
                filters?: string;
                /** @description `-created_at`, `+summary_metrics.loss`, several with commas. */
                order?: string;
                offset?: number;
                /** @description 1 to 1000, 100 where nothing is said. */
                limit?: number;
                /** @description Keys of the configuration to show, with commas between them or as a JSON list. */
                config_keys?: string;
                /** @description Keys of the summary to show. */
                summary_keys?: string;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunList"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAnswer"];
                };
            };
        };
    };
    post_projects_by_project_runs_by_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunBegin"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Begun"];
                };
            };
        };
    };
    delete_projects_by_project_runs_by_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    patch_projects_by_project_runs_by_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAnswer"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_buckets: {
        parameters: {
            query: {
                /** @description One metric; `system.…` for one of the machine. */
                key: string;
                /** @description Buckets over the values of this metric, in rows that have both, instead of over steps. */
                x_key?: string;
                min_step?: number;
                max_step?: number;
                /** @description 1 to 20,000, 1,000 where nothing is said. */
                buckets?: number;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BucketSeries"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_console: {
        parameters: {
            query?: {
                /** @description Number of the first line, 0 where nothing is said. */
                after?: number;
                /** @description 1 to 50,000, 1,000 where nothing is said. */
                limit?: number;
                /** @description Only lines with this text in them, in capitals or not. */
                search?: string;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsoleAnswer"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_files: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileList"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_files_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                run: string;
                /** @description A path with `/`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where the content is */
            307: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    put_projects_by_project_runs_by_run_files_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                run: string;
                /** @description A path with `/`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FileAnswer"];
                };
            };
        };
    };
    post_projects_by_project_runs_by_run_lines: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinesReply"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricList"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_record: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordAnswer"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_rows: {
        parameters: {
            query?: {
                /** @description `history` where nothing is said, or `system`. */
                stream?: string;
                min_step?: number;
                max_step?: number;
                /** @description Rows of a page, 1 to 100,000; 10,000 where nothing is said. Rows of one step stay together. */
                limit?: number;
                /** @description Each row is the text that was logged, byte for byte, NaN and infinities and all. */
                as_text?: boolean;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RowsAnswer"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_series: {
        parameters: {
            query: {
                /** @description With commas between them, or as a JSON list. */
                keys: string;
                min_step?: number;
                max_step?: number;
                /** @description Rows of a page, 1 to 100,000; 10,000 where nothing is said. Rows of one step stay together. */
                limit?: number;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SeriesAnswer"];
                };
            };
        };
    };
    post_projects_by_project_runs_by_run_stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    get_projects_by_project_runs_by_run_system: {
        parameters: {
            query?: {
                /** @description 1 to 10,000, 500 where nothing is said. */
                samples?: number;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
                /** @description The run's id, as `wandb` shows it in addresses. */
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SystemAnswer"];
                };
            };
        };
    };
    get_projects_by_project_sweeps: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SweepList"];
                };
            };
        };
    };
    get_projects_by_project_sweeps_by_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SweepDetail"];
                };
            };
        };
    };
    post_store_backup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackupWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackupAnswer"];
                };
            };
        };
    };
    post_store_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"];
                };
            };
        };
    };
    post_store_rebuild: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    get_teams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamList"];
                };
            };
        };
    };
    put_teams_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TeamWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamAnswer"];
                };
            };
        };
    };
    delete_teams_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    get_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
        };
    };
    post_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserAnswer"];
                };
            };
        };
    };
    delete_users_by_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
        };
    };
    put_users_by_name_keys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyAnswer"];
                };
            };
        };
    };
    get_viewer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Viewer"];
                };
            };
        };
    };
}
