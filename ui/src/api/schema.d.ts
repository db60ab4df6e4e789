// Made by `npm run schema` from docs/openapi.json.

export interface paths {
    "/api/v1/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Decisions, promotions, running runs and alerts of all projects */
        get: operations["get_activity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/api/v1/projects/{entity}/{project}/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Artifacts of a project: types, and their collections with the latest version */
        get: operations["get_projects_by_project_artifacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Versions of a collection */
        get: operations["get_projects_by_project_artifacts_by_type_by_name"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version: what it holds, who made it from what, who used it for what */
        get: operations["get_projects_by_project_artifacts_by_type_by_name_by_version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/aliases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a version an alias; where another version of the collection has it, it moves */
        post: operations["post_projects_by_project_artifacts_by_type_by_name_by_version_aliases"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/aliases/{label}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an alias away from a version */
        delete: operations["delete_projects_by_project_artifacts_by_type_by_name_by_version_aliases_by_label"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a version a tag */
        post: operations["post_projects_by_project_artifacts_by_type_by_name_by_version_tags"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/tags/{label}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a tag away from a version */
        delete: operations["delete_projects_by_project_artifacts_by_type_by_name_by_version_tags_by_label"];
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
    "/api/v1/projects/{entity}/{project}/champions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Aliases with their history, and looks at the frozen sets */
        get: operations["get_projects_by_project_champions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/champions/{run}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move an alias back to whoever held it before, in its task's folder on the server's machine
         * @description Of a server that others reach too, administrators alone may ask this. 409 where the alias is held
         *     by another, where nobody held it before, and where the folder is not here or not as it was recorded.
         */
        post: operations["post_projects_by_project_champions_by_run_rollback"];
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
    "/api/v1/projects/{entity}/{project}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Candidates against a base, as `gradus compare` does it
         * @description Baselines on the same rows in the candidate's project are what skill is measured against.
         */
        get: operations["get_projects_by_project_compare"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/compare/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rows of two evaluations side by side */
        get: operations["get_projects_by_project_compare_rows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/cycles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Improvement cycles of a project */
        get: operations["get_projects_by_project_cycles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/cycles/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One cycle with everything that it left */
        get: operations["get_projects_by_project_cycles_by_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/cycles/{run}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Verify a cycle's evidence in place: every row is scored again */
        post: operations["post_projects_by_project_cycles_by_run_verify"];
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
        /**
         * Keep a dashboard; the body is its YAML
         * @description With `If-Match: "VERSION"` only over the version that was read, with `If-None-Match: *` only where
         *     there is none of the name; else 412, and nothing is kept.
         */
        put: operations["put_projects_by_project_dashboards_by_name"];
        post?: never;
        /** Remove a dashboard */
        delete: operations["delete_projects_by_project_dashboards_by_name"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Evaluations of a project: runs that hold an `eval_summary.json` */
        get: operations["get_projects_by_project_evaluations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/evaluations/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One evaluation with its whole report */
        get: operations["get_projects_by_project_evaluations_by_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/evaluations/{run}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rows of an evaluation: prompt, raw answer, parsed value and target, failure, who served it */
        get: operations["get_projects_by_project_evaluations_by_run_rows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/evaluations/{run}/rows/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One row of an evaluation */
        get: operations["get_projects_by_project_evaluations_by_run_rows_by_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{entity}/{project}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics of a project */
        get: operations["get_projects_by_project_metrics"];
        put?: never;
        post?: never;
        delete?: never;
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
    "/api/v1/projects/{entity}/{project}/runs/{run}/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Artifacts that a run logged and used */
        get: operations["get_projects_by_project_runs_by_run_artifacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
    "/api/v1/projects/{entity}/{project}/runs/{run}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys of a run that hold media or tables */
        get: operations["get_projects_by_project_runs_by_run_media"];
        put?: never;
        post?: never;
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
    "/api/v1/projects/{entity}/{project}/sweeps/{id}/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause, resume, end or cancel a sweep */
        post: operations["post_projects_by_project_sweeps_by_id_state"];
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
        Action: {
            change: components["schemas"]["Change"];
            /** @description Clusters that it is about. */
            clusters: string[];
            expectation: components["schemas"]["Expectation"];
            /** @description What the next report has to pass. */
            gate: components["schemas"]["Gate"];
            kind: components["schemas"]["ActionKind"];
            rollback: components["schemas"]["Rollback"];
            /** @description Ids of rows that show the need, worst first. */
            rows: string[];
            /** @description The rule that proposed it. */
            rule: string;
            status: components["schemas"]["ActionStatus"];
            why: string;
        };
        /**
         * @description In the order in which they are worth trying.
         * @enum {string}
         */
        ActionKind: "asked" | "training" | "format" | "decode" | "data" | "hyperparameters";
        /** @enum {string} */
        ActionStatus: "now" | "later";
        /** @description Each list is newest first. */
        ActivityAnswer: {
            alerts: components["schemas"]["RaisedAlert"][];
            decisions: components["schemas"]["DecidedAnswer"][];
            moves: components["schemas"]["MovedAnswer"][];
            /** @description Runs that run now. */
            running: components["schemas"]["RunReference"][];
        };
        AlertAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            /** @description `INFO`, `WARN` or `ERROR`. */
            severity: string;
            text: string;
            title: string;
        };
        AliasAnswer: {
            alias: string;
            /** @description Holders that a rollback leads back to, the next one first. */
            before: components["schemas"]["HolderAnswer"][];
            holder?: components["schemas"]["HolderAnswer"] | null;
            rollback: components["schemas"]["RollbackOffer"];
            /** Format: int64 */
            since_unix_ms?: number | null;
        };
        /** @description One line of `history.jsonl`. */
        AliasEvent: {
            action: components["schemas"]["AliasMove"];
            alias: string;
            /** Format: int64 */
            at_unix_secs: number;
            from?: components["schemas"]["Holder"] | null;
            to: components["schemas"]["Holder"];
        };
        /** @enum {string} */
        AliasMove: "promote" | "rollback";
        AliasWanted: {
            alias: string;
        };
        /** @description One answer to one row. */
        Answer: {
            /** @description `|prediction − target|` per field, in scale units; empty when nothing was parsed. */
            absolute_errors: {
                [key: string]: number;
            };
            answered_by: components["schemas"]["AnsweredBy"];
            /** @description The tries that led to the answer, where there can be more than one. */
            attempts?: components["schemas"]["Attempt"][];
            cost: components["schemas"]["Cost"];
            failure?: components["schemas"]["FailureCode"] | null;
            /** @description Grader → score from 0 to 1; `None` where the grader could not tell. */
            grades?: {
                [key: string]: number | null;
            };
            /** @description Grader → what its judge said. */
            judgements?: {
                [key: string]: components["schemas"]["Judgement"];
            };
            /** Format: double */
            latency_secs: number;
            /** @description Whether a first JSON object that meets the contract can be found in the text. */
            lenient_valid: boolean;
            /**
             * Format: double
             * @description Mean over the fields; a row without a prediction costs the worst possible error.
             */
            mae_penalised?: number | null;
            /**
             * @description Integers that were decoded by likelihood because their field has too many values for the
             *     median.
             */
            median_fallbacks?: number;
            mode: components["schemas"]["AnswerMode"];
            /** @description The value that meets the contract; `None` exactly when `failure` is set. */
            parsed?: unknown;
            /** @description The completion byte for byte; `None` when none arrived. */
            raw?: string | null;
            /**
             * @description Whether the weights that were asked for gave the answer; false also when none arrived.
             *     A row of which this is false says nothing about the model that was asked for.
             */
            served_as_requested?: boolean;
            tokens: components["schemas"]["TokenCounts"];
        };
        /** @enum {string} */
        AnswerMode: "constrained" | "unconstrained";
        /** @description Who really answered, as opposed to who was asked for. */
        AnsweredBy: {
            adapter_sha256?: string | null;
            /** @description `native`, `baseline`, `openai`, … */
            backend: string;
            model: string;
            /** @description SHA-256 of the weights, or of what a baseline was fitted on. */
            revision: string;
        };
        ArmAnswer: {
            constrained?: components["schemas"]["Answer"] | null;
            /**
             * Format: double
             * @description The row's value of the primary score.
             */
            primary?: number | null;
            unconstrained?: components["schemas"]["Answer"] | null;
        };
        /** @description One side of a comparison. Counts only; the primary value is `None` in a refused one. */
        ArmSummary: {
            answered_by?: components["schemas"]["AnsweredBy"] | null;
            /** @description Failure code → rows, of the counted answers. */
            failures: {
                [key: string]: number;
            };
            /** @description File name → SHA-256 of what was read. */
            files: {
                [key: string]: string;
            };
            /** @description The model reference as it was asked for. */
            model: string;
            /** @description Rows for which a completion of some model arrived. */
            n_answered: number;
            /** @description Rows answered by exactly the model under test. */
            n_served_as_requested: number;
            n_total: number;
            /** @description Rows whose counted answer meets the contract. */
            n_valid: number;
            /**
             * Format: double
             * @description Mean of the primary score.
             */
            primary?: number | null;
            scale?: components["schemas"]["Scale"] | null;
            /** @description Who really answered → rows. Rows without an answer are under `nobody (CODE)`. */
            served_by: {
                [key: string]: number;
            };
        };
        ArtifactAnswer: {
            entity: string;
            /** @description By path; at most 1,000 of them. */
            files: components["schemas"]["ArtifactFile"][];
            is_writable: boolean;
            /** @description What the runs that used it made. */
            led_to: components["schemas"]["ArtifactReference"][];
            /** @description The run that logged it first, and other runs that logged the same. */
            made_by: components["schemas"]["RunReference"][];
            /** @description What the run that made it had used, as `ENTITY/PROJECT/NAME:vN`. */
            made_from: components["schemas"]["ArtifactReference"][];
            metadata: Record<string, never>;
            /** @description Of the collection. */
            name: string;
            project: string;
            total_files: number;
            type: string;
            used_by: components["schemas"]["RunReference"][];
            version: components["schemas"]["VersionAnswer"];
        };
        ArtifactFile: {
            content_type: string;
            /** @description Base64 MD5; for a reference whatever names its state. */
            digest: string;
            path: string;
            /** @description The URI of content that lies elsewhere. */
            reference?: string | null;
            /** Format: int64 */
            size_bytes?: number | null;
            /**
             * @description Works without a key, for as long as the server's signed addresses do; null where the content
             *     is not here.
             */
            url?: string | null;
        };
        ArtifactList: {
            /** @description By name. */
            types: components["schemas"]["ArtifactType"][];
        };
        /** @description A version of an artifact that something is about. */
        ArtifactReference: {
            entity: string;
            name: string;
            project: string;
            type: string;
            version: string;
        };
        ArtifactType: {
            /** @description Newest first. */
            collections: components["schemas"]["CollectionAnswer"][];
            type: string;
        };
        /** @description One try of a request. */
        Attempt: {
            failure?: components["schemas"]["FailureCode"] | null;
            /** Format: double */
            latency_secs: number;
            /** @description The model that the server says it used. */
            served_model?: string | null;
        };
        AugmentationSpec: {
            /** @description Clusters of failures that it answers. */
            clusters: string[];
            /** @description Fields whose error it is to lower. */
            focus: string[];
            /** Format: int32 */
            format_version: number;
            /**
             * Format: double
             * @description Upper bound of added rows over training rows.
             */
            max_share: number;
            recombine?: components["schemas"]["Recombine"] | null;
            /** @description Training rows to repeat, the nearest neighbours of the failures first. */
            repeat: components["schemas"]["Repeat"][];
            /** Format: int64 */
            seed: number;
            /** @description Dotted path of the expected value inside a row. */
            target: string;
            task: string;
            /** @description Field of a row that holds the request. */
            text_field: string;
            /** @description SHA-256 of the training file that the row ids are of. */
            train_sha256: string;
        };
        BTreeMap: {
            [key: string]: string;
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
        /** @description What the next cycle may cost, from what the last one did. */
        Budget: {
            basis: string;
            /** Format: double */
            eval_wall_secs?: number | null;
            /** Format: double */
            train_wall_secs?: number | null;
        };
        ChampionList: {
            /** @description One for each task folder that was recorded into the project. */
            registries: components["schemas"]["RegistryAnswer"][];
        };
        /** @description Exactly what is done. */
        Change: "train" | {
            /** @description Keys of the recipe. */
            recipe: components["schemas"]["KeyChange"][];
        } | {
            /** @description Settings of the evaluation, the same for both arms of the next comparison. */
            evaluation: components["schemas"]["KeyChange"][];
        } | {
            /** @description Training rows are added as `augmentation_spec.json` says. */
            augmentation: {
                rows_to_add: number;
            };
        };
        ChatMessage: {
            content: string;
            role: string;
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
        /** @description Failures that share what they are and where they occur. */
        Cluster: {
            /** @description All hold for every row of the cluster; none: the whole set. */
            conditions: components["schemas"]["Condition"][];
            family: components["schemas"]["FailureFamily"];
            /** @description `c1`, `c2`, … in order of weight. */
            id: string;
            /**
             * Format: double
             * @description `(n / n_matching)` over the rate of the same failure among all rows.
             */
            lift?: number | null;
            /**
             * Format: double
             * @description Mean of the field's error over the failing rows, in scale units.
             */
            mean_error?: number | null;
            /**
             * Format: double
             * @description Mean of prediction − target over the failing rows: whether it is too high or too low.
             */
            mean_signed_error?: number | null;
            /** @description Failing rows. */
            n: number;
            /** @description Rows that meet the conditions, failing or not. */
            n_matching: number;
            /** @description Ids, worst first. */
            rows: string[];
            /**
             * Format: double
             * @description Share of all error of its family, 0 to 1: how much there is to gain.
             */
            share_of_error: number;
            /**
             * Format: double
             * @description Sum over the rows of their error, in rows lost completely: what clusters are ordered by.
             */
            weight: number;
            /** @description Failure code, or the field whose value is off. */
            what: string;
        };
        CollectionAnswer: {
            /** Format: int64 */
            created_unix_ms: number;
            description?: string | null;
            /** @description Versions were linked to it, not logged under its name. */
            is_portfolio: boolean;
            latest?: components["schemas"]["VersionAnswer"] | null;
            name: string;
            tags: string[];
            type: string;
            /** Format: int64 */
            updated_unix_ms: number;
            versions: number;
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
        ComparableReport: {
            model: string;
            name: string;
            /** Format: double */
            primary?: number | null;
        };
        ComparedCandidate: {
            comparison?: components["schemas"]["Comparison"] | null;
            /** @description The baselines' evaluations that skill was measured against. */
            references: components["schemas"]["RunReference"][];
            refused?: components["schemas"]["RefusedComparison"] | null;
            run: components["schemas"]["RunReference"];
            verdict: components["schemas"]["Verdict"];
        };
        /** @description Everything known about one pair of reports. */
        Comparison: {
            base: components["schemas"]["ArmSummary"];
            candidate: components["schemas"]["ArmSummary"];
            common_valid?: components["schemas"]["PairedEffect"] | null;
            /** @description SHA-256 of the rows' file, when both arms agree on it. */
            data_sha256?: string | null;
            /** @description What differs between the arms and may: it is named, it does not refuse. */
            differences: components["schemas"]["FieldDifference"][];
            direction: components["schemas"]["Direction"];
            /** @description Every other metric that is a mean over rows, primary score included. */
            effects: {
                [key: string]: components["schemas"]["PairedEffect"];
            };
            /** @description Rows without a valid answer of the candidate, the first ones of the file. */
            failing_rows: components["schemas"]["FailingRow"][];
            flips: components["schemas"]["Flips"];
            /** Format: int32 */
            format_version: number;
            /**
             * Format: double
             * @description Differences of this size do not matter, in units of the metric.
             */
            margin: number;
            /** @description The primary score. */
            metric: string;
            noise_floor?: components["schemas"]["NoiseFloor"] | null;
            power?: components["schemas"]["Power"] | null;
            primary?: components["schemas"]["PairedEffect"] | null;
            /** @description Why a fair comparison ended as it did, in sentences. */
            reasons: string[];
            /** @description Why it was refused; empty exactly when it was not. */
            refusals: components["schemas"]["Refusal"][];
            resamples: number;
            /** @description Rows that both arms answered to, by id. */
            rows_compared: number;
            scale?: components["schemas"]["Scale"] | null;
            /** Format: int64 */
            seed: number;
            /** @description Reference (`constant`, `constant-by:FIELD`, `ridge`) → how much better each arm is. */
            skill: {
                [key: string]: components["schemas"]["Skill"];
            };
            split?: components["schemas"]["Split"] | null;
            /** @description The primary score per stratum, corrected for their number. */
            strata: {
                [key: string]: components["schemas"]["StratumEffect"];
            };
            task: string;
            verdict: components["schemas"]["Verdict"];
        };
        ComparisonList: {
            base: components["schemas"]["RunReference"];
            /** @description In the order in which they were named. */
            candidates: components["schemas"]["ComparedCandidate"][];
        };
        /** @description Where a cluster's failures occur. */
        Condition: {
            /** @description Value of a stratifying field. */
            stratum: {
                field: string;
                value: string;
            };
        } | {
            /** @description The request holds this word, or these two words in a row. */
            word: string;
        } | {
            /** @description Third of the requests by length. */
            length: components["schemas"]["LengthThird"];
        } | {
            shape: components["schemas"]["Shape"];
        };
        /** @description Two rules, or a rule and an invariant, that do not go together. */
        Conflict: {
            code: components["schemas"]["ConflictCode"];
            /** @description How the plan solved it. */
            resolution: string;
            rules: string[];
            text: string;
        };
        /** @enum {string} */
        ConflictCode: "same_key" | "scaling_moves" | "opposed_strength" | "stale_from" | "no_change" | "unknown_key" | "invalid_recipe" | "already_tried";
        /** @description Expected against observed. */
        Confrontation: {
            expectation: components["schemas"]["Expectation"];
            n: number;
            /** Format: double */
            observed?: number | null;
            observed_interval95?: number[] | null;
            rule: string;
            state: components["schemas"]["ExpectationState"];
            text: string;
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
        Cost: {
            basis: components["schemas"]["CostBasis"];
            /** Format: double */
            usd?: number | null;
        };
        /**
         * @description How a cost was arrived at, so that an assumption is never read as a measurement.
         * @enum {string}
         */
        CostBasis: "metered" | "token_estimate" | "gpu_time" | "assumed" | "local_unpriced" | "unpriced";
        CycleAnswer: {
            asked: components["schemas"]["KeyChange"][];
            /** @description `data/augmentation_stats.json`: rows that were added and left out. */
            augmentation_stats?: unknown;
            comparison?: components["schemas"]["Comparison"] | null;
            /** @description The plan's number against what came out. */
            confrontations: components["schemas"]["Confrontation"][];
            cycle: components["schemas"]["CycleRow"];
            /** @description `data/check.json`: what was found in the rows that were trained on. */
            data_check?: unknown;
            decision?: components["schemas"]["LinkedDecision"] | null;
            deltas: components["schemas"]["ImprovementDelta"][];
            evidence?: components["schemas"]["FileAnswer"] | null;
            loop?: components["schemas"]["LoopSummary"] | null;
            /** @description Folder in the cycle (`training`, `reports/candidate`, `dev/subject`) → its run. */
            parts: {
                [key: string]: components["schemas"]["RunReference"];
            };
            plan?: components["schemas"]["Plan"] | null;
            report?: components["schemas"]["FileAnswer"] | null;
            /** Format: int64 */
            seed?: number | null;
            /** @description What somebody asked to change, as it was written. */
            set: string[];
            /** @description Who is champion after this cycle. */
            settled_champion?: string | null;
            /** @description In the order in which a cycle goes through them. */
            steps: components["schemas"]["CycleStepAnswer"][];
            /** @description Whose failures on `dev` the plan is from. */
            subject?: string | null;
            /** @description `plan/trials.json`: settings of the evaluation that were tried on `dev` while planning. */
            trials?: unknown;
        };
        CycleDecision: {
            outcome: components["schemas"]["Outcome"];
            verdict: components["schemas"]["Verdict"];
        };
        CycleList: {
            /** @description Newest first. */
            cycles: components["schemas"]["CycleRow"][];
            offset: number;
            /** @description On all pages. */
            total: number;
        };
        /** @description How far a cycle got; what it did not reach is null. */
        CycleRow: {
            /** Format: double */
            after?: number | null;
            /** Format: double */
            before?: number | null;
            candidate?: string | null;
            champion?: string | null;
            /** @description The one changed factor. */
            change?: string | null;
            expectation?: components["schemas"]["ExpectationState"] | null;
            hypothesis?: string | null;
            /** Format: double */
            improvement?: number | null;
            improvement_interval95?: number[] | null;
            /** @description The primary score of champion and candidate; null where the comparison was refused. */
            metric?: string | null;
            /** @description Rows that the difference stands on. */
            n: number;
            next?: components["schemas"]["CycleState"] | null;
            /** Format: int64 */
            number?: number | null;
            outcome?: components["schemas"]["Outcome"] | null;
            /** @description Files that are not what they should be, in words. */
            problems: string[];
            run: components["schemas"]["RunReference"];
            state?: components["schemas"]["CycleState"] | null;
            task?: string | null;
            verdict?: components["schemas"]["Verdict"] | null;
        };
        /**
         * @description In the order in which a cycle goes through them; `Promoted` and `RolledBack` exclude each
         *     other.
         * @enum {string}
         */
        CycleState: "planned" | "data_built" | "trained" | "evaluated" | "decided" | "promoted" | "rolled_back" | "evidenced";
        CycleStepAnswer: {
            decision?: components["schemas"]["CycleDecision"] | null;
            /**
             * Format: int64
             * @description Null where it was not recorded.
             */
            finished_unix_ms?: number | null;
            /** @description Name → SHA-256 of what it read, and of what it wrote. */
            inputs: components["schemas"]["BTreeMap"];
            outputs: components["schemas"]["BTreeMap"];
            state: components["schemas"]["CycleState"];
            /** Format: double */
            took_secs?: number | null;
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
            /** @description Of the YAML: what `If-Match` takes, in quotes. Null for one that is not kept. */
            version?: string | null;
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
        DecidedAnswer: {
            /** Format: int64 */
            at_unix_ms: number;
            base: string;
            candidate: string;
            outcome: components["schemas"]["Outcome"];
            /** @description What it was decided by. */
            reason?: string | null;
            /** @description The cycle or the registry that holds it. */
            run: components["schemas"]["RunReference"];
            task: string;
            verdict: components["schemas"]["Verdict"];
        };
        DecidedArm: {
            answered_by?: components["schemas"]["AnsweredBy"] | null;
            /** @description File name → SHA-256 of the report. */
            files: {
                [key: string]: string;
            };
            model: string;
        };
        Decision: {
            /** @description Model references and artefacts of both arms. */
            base: components["schemas"]["DecidedArm"];
            candidate: components["schemas"]["DecidedArm"];
            /** @description SHA-256 of the comparison and of the gate policy, as compact JSON. */
            comparison_sha256: string;
            /** Format: int32 */
            format_version: number;
            frozen_budget?: components["schemas"]["FrozenBudget"] | null;
            /** @description Every gate, in order of its stage. */
            gates: components["schemas"]["GateResult"][];
            gates_sha256: string;
            outcome: components["schemas"]["Outcome"];
            /** @description In order of weight; the first one decided. */
            reasons: components["schemas"]["DecisionReason"][];
            split?: components["schemas"]["Split"] | null;
            task: string;
            verdict: components["schemas"]["Verdict"];
        };
        DecisionReason: {
            /** @description The gate it comes from, where it comes from one. */
            gate?: string | null;
            /** @description Ids of rows that show it, worst first. */
            rows?: string[];
            text: string;
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
        /**
         * @description What a delta is taken against.
         * @enum {string}
         */
        DeltaReference: "baseline" | "previous_cycle";
        /** @enum {string} */
        Direction: "minimize" | "maximize";
        /** @description An answer without content. */
        Done: {
            done: boolean;
        };
        /**
         * @description How an interval and its p-value were computed.
         * @enum {string}
         */
        EffectMethod: "bca_bootstrap" | "paired_t" | "mc_nemar";
        /** @description How a refusal looks. */
        ErrorAnswer: {
            /** @description What went wrong and what to do. */
            error: string;
            errors: components["schemas"]["ErrorMessage"][];
        };
        ErrorMessage: {
            message: string;
        };
        EvalReport: {
            answered_by: components["schemas"]["AnsweredBy"];
            contract_sha256: string;
            /** @description SHA-256 of the split's file. */
            data_sha256: string;
            /** @description Decoding settings as used. */
            decode: unknown;
            /** @description Failure code → rows, by answer mode. */
            failures: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** Format: int32 */
            format_version: number;
            /** @description SHA-256 of the graders with the files they read; empty without graders. */
            graders_sha256?: string;
            gradus_version: string;
            metrics: {
                [key: string]: components["schemas"]["Metric"];
            };
            /** @description The model reference as it was asked for. */
            model: string;
            n_answered: number;
            n_total: number;
            primary_score: components["schemas"]["PrimaryScore"];
            /** @description SHA-256 of the prompt template, of the contract and of the rows' rendered prompts. */
            prompt_sha256: string;
            rendered_prompts_sha256: string;
            scale: components["schemas"]["Scale"];
            /** @description Model that answered → rows, as the answers themselves say. */
            served_by?: {
                [key: string]: number;
            };
            split: components["schemas"]["Split"];
            /** @description Stratum value → metrics over its rows. */
            strata: {
                [key: string]: {
                    [key: string]: components["schemas"]["Metric"];
                };
            };
            task: string;
            /** Format: double */
            wall_secs: number;
        };
        /** @description Everything known about one row of one evaluation. */
        EvalRow: {
            constrained?: components["schemas"]["Answer"] | null;
            /** @description The row's own `id`, else `row-<line>`. */
            id: string;
            messages: components["schemas"]["ChatMessage"][];
            /** @description SHA-256 of the rendered messages, as compact JSON. */
            prompt_sha256: string;
            /** @description Line in the split's file, from 1. */
            row: number;
            split: components["schemas"]["Split"];
            /** @description Value of each stratifying field. */
            strata: {
                [key: string]: string;
            };
            /** @description The expected value, as it stands in the row. */
            target: unknown;
            unconstrained?: components["schemas"]["Answer"] | null;
        };
        EvaluationAnswer: {
            /** @description The run of the cycle that it belongs to. */
            cycle_run?: string | null;
            primary: components["schemas"]["PrimaryFigure"];
            /** @description The whole `eval_summary.json`. */
            report: components["schemas"]["EvalReport"];
            rows?: components["schemas"]["RowsFigures"] | null;
            run: components["schemas"]["RunReference"];
        };
        EvaluationList: {
            /** @description Newest first. */
            evaluations: components["schemas"]["EvaluationRow"][];
            offset: number;
            /** @description On all pages. */
            total: number;
        };
        EvaluationRow: {
            /** @description The run of the cycle that it belongs to. */
            cycle_run?: string | null;
            /** @description Why it can't be read. */
            problem?: string | null;
            report?: components["schemas"]["EvaluationSummary"] | null;
            run: components["schemas"]["RunReference"];
            tokens?: components["schemas"]["TokenCounts"] | null;
        };
        EvaluationRowAnswer: {
            /** @description Place in the file, from 0. */
            place: number;
            /**
             * Format: double
             * @description The row's value of the primary score.
             */
            primary?: number | null;
            row: components["schemas"]["EvalRow"];
            stratum?: string | null;
        };
        EvaluationRows: {
            /** @description A page of very long rows ends early; null at the end. */
            next_offset?: number | null;
            rows: components["schemas"]["EvaluationRowAnswer"][];
            /** @description Rows that the filter lets through, on all pages. */
            total: number;
        };
        /** @description What a list shows of a report. */
        EvaluationSummary: {
            answered_by: components["schemas"]["AnsweredBy"];
            cost_usd?: components["schemas"]["Metric"] | null;
            data_sha256: string;
            gradus_version: string;
            latency_secs_p50?: components["schemas"]["Metric"] | null;
            /** @description The model reference as it was asked for. */
            model: string;
            n_answered: number;
            n_total: number;
            primary: components["schemas"]["PrimaryFigure"];
            served_as_requested?: components["schemas"]["Metric"] | null;
            /** @description Model that answered → rows, as the answers themselves say. */
            served_by: {
                [key: string]: number;
            };
            split: components["schemas"]["Split"];
            task: string;
            validity?: components["schemas"]["Metric"] | null;
            /** Format: double */
            wall_secs: number;
        };
        ExcludedReport: {
            name: string;
            reason: string;
        };
        /**
         * @description A number that the next comparison can prove wrong. Improvements are above 0 when better,
         *     whichever way the metric points.
         */
        Expectation: {
            /**
             * Format: double
             * @description Below this the hypothesis counts as wrong.
             */
            at_least: number;
            /**
             * Format: double
             * @description The metric now.
             */
            base?: number | null;
            /** @description How the numbers were arrived at. */
            basis: string;
            direction: components["schemas"]["Direction"];
            /** Format: double */
            improvement: number;
            metric: string;
            scope: components["schemas"]["GateScope"];
        };
        /**
         * @description What became of an expectation.
         * @enum {string}
         */
        ExpectationState: "met" | "missed" | "cannot_say";
        /** @description A row without a valid answer. */
        FailingRow: {
            failure: components["schemas"]["FailureCode"];
            row: string;
        };
        FailureCode: string;
        /** @description Rows by what became of them; the four add up to `rows`. */
        FailureCounts: {
            format: number;
            rows: number;
            sound: number;
            /** @description No completion of the model exists; says nothing about the model. */
            transport: number;
            /** @description Valid, and at least one value is off by more than `value_tolerance`. */
            value: number;
            /**
             * Format: double
             * @description Share of the scale beyond which a value counts as failed.
             */
            value_tolerance: number;
        };
        /** @enum {string} */
        FailureFamily: "format" | "value";
        FieldDifference: {
            base: string;
            candidate: string;
            field: string;
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
        Flip: {
            /** Format: double */
            base: number;
            base_failure?: components["schemas"]["FailureCode"] | null;
            /** Format: double */
            candidate: number;
            candidate_failure?: components["schemas"]["FailureCode"] | null;
            /**
             * Format: double
             * @description Positive is better.
             */
            improvement: number;
            row: string;
            stratum?: string | null;
        };
        /** @description Rows whose outcome changed, worst first. */
        Flips: {
            /** @description The largest gains, best first. */
            best: components["schemas"]["Flip"][];
            n_better: number;
            /** @description Valid in the base only, in the candidate only. */
            n_broke: number;
            n_equal: number;
            n_mended: number;
            /** @description Rows on which the candidate's primary score is worse, the same, better. */
            n_worse: number;
            /** @description The largest losses, worst first. */
            worst: components["schemas"]["Flip"][];
        };
        /** @description How often a frozen set may be looked at before it has to be replaced. */
        FrozenBudget: {
            /**
             * Format: double
             * @description Upper bound of the chance that at least one of the looks promotes a candidate that is
             *     no better: each may do so with probability 0.025.
             */
            chance_of_false_promotion: number;
            data_sha256: string;
            looks_allowed: number;
            looks_left: number;
            /** @description Different comparisons decided on this set, this one included. */
            looks_used: number;
        };
        FrozenSetAnswer: {
            budget?: components["schemas"]["FrozenBudget"] | null;
            data_sha256: string;
            looks: components["schemas"]["LookAnswer"][];
            looks_used: number;
        };
        /** @description One criterion. */
        Gate: {
            /** @description Which way is better. */
            direction: components["schemas"]["Direction"];
            kind: components["schemas"]["GateKind"];
            metric: string;
            /** @description Rows that the metric has to stand on. */
            min_n?: number;
            scope?: components["schemas"]["GateScope"];
            /** Format: double */
            threshold: number;
        };
        /** @enum {string} */
        GateKind: "absolute" | "relative" | "non_inferiority";
        GateResult: {
            /** Format: double */
            base?: number | null;
            gate: components["schemas"]["Gate"];
            /**
             * Format: double
             * @description What the value, or the bound of its interval, was held against.
             */
            limit?: number | null;
            /** @description Rows that the value stands on. */
            n: number;
            stage: components["schemas"]["GateStage"];
            state: components["schemas"]["GateState"];
            /** @description The stratum it was applied to; `None` is over all rows. */
            stratum?: string | null;
            text: string;
            /**
             * Format: double
             * @description The candidate's value and, where the gate looks at it, the base's.
             */
            value?: number | null;
        };
        GateScope: string;
        /** @enum {string} */
        GateStage: "format" | "quality" | "cost_and_latency";
        /** @enum {string} */
        GateState: "passed" | "failed" | "undecided";
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
        /** @description Who holds, or held, an alias. */
        Holder: {
            answered_by?: components["schemas"]["AnsweredBy"] | null;
            /** @description Folder of the decision that promoted it, in the registry or in the task. */
            decision: string;
            /** @description The model reference under which it was evaluated. */
            model: string;
            /** @description SHA-256 of its evaluation's rows. */
            rows_sha256?: string | null;
        };
        HolderAnswer: {
            cycle?: components["schemas"]["RunReference"] | null;
            evaluation?: components["schemas"]["RunReference"] | null;
            holder: components["schemas"]["Holder"];
        };
        /** @description `auto_improvement_delta` of one metric: defined only where the two reports may be compared. */
        ImprovementDelta: {
            /**
             * Format: double
             * @description `candidate − reference`, in units of the metric.
             */
            delta?: number | null;
            /**
             * Format: double
             * @description The same with the sign that makes more better.
             */
            improvement?: number | null;
            improvement_interval95?: number[] | null;
            metric: string;
            /** @description 0 exactly where the delta is undefined. */
            n: number;
            reference: components["schemas"]["DeltaReference"];
            /** @description Why there is no delta. */
            undefined_because?: string | null;
        };
        /** @description A judge's reply, from which the grade can be read again. */
        Judgement: {
            answered_by: components["schemas"]["AnsweredBy"];
            cost: components["schemas"]["Cost"];
            failure?: components["schemas"]["FailureCode"] | null;
            /** @description The reply byte for byte; `None` when none arrived. */
            raw?: string | null;
            tokens: components["schemas"]["TokenCounts"];
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
        KeyChange: {
            from: unknown;
            key: string;
            to: unknown;
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
        /** @enum {string} */
        LengthThird: "short" | "middle" | "long";
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
        /** @description A decision, and where the rows that it cites are. */
        LinkedDecision: {
            base_evaluation?: components["schemas"]["RunReference"] | null;
            candidate_evaluation?: components["schemas"]["RunReference"] | null;
            decision: components["schemas"]["Decision"];
        };
        LoggedMetric: {
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
        LookAnswer: {
            /** Format: int64 */
            at_unix_ms: number;
            base?: components["schemas"]["RunReference"] | null;
            candidate?: components["schemas"]["RunReference"] | null;
        };
        /** @description How far the planned cycles got. */
        LoopCompletion: {
            /** @description Cycles that reached a decision with the hashes of everything that led to it. */
            decided: number;
            /** @description Decided cycles whose candidate was better. */
            improved: number;
            /**
             * Format: double
             * @description `improved / decided`; `None` when none was decided.
             */
            improved_rate?: number | null;
            /**
             * Format: double
             * @description `decided / planned`; `None` when none was planned.
             */
            loop_completion_rate?: number | null;
            planned: number;
            /** @description Cycles that were started. */
            started: number;
        };
        /** @description One cycle in one line. What it did not reach is `None`. */
        LoopCycle: {
            candidate?: string | null;
            champion: string;
            /** @description The one changed factor. */
            change?: string | null;
            confrontation?: components["schemas"]["Confrontation"] | null;
            /**
             * @description `auto_improvement_delta` of the primary score: over the champion of before, and over what
             *     the first cycle started from.
             */
            deltas: components["schemas"]["ImprovementDelta"][];
            hypothesis?: string | null;
            /** Format: int32 */
            number: number;
            outcome?: components["schemas"]["Outcome"] | null;
            state?: components["schemas"]["CycleState"] | null;
            verdict?: components["schemas"]["Verdict"] | null;
        };
        LoopSummary: {
            completion: components["schemas"]["LoopCompletion"];
            /** @description In order of their numbers. */
            cycles: components["schemas"]["LoopCycle"][];
            /** Format: int32 */
            format_version: number;
            task: string;
        };
        MediaAnswer: {
            /** @description The files that it names and that arrived. */
            files: components["schemas"]["FileAnswer"][];
            /** @description Nested ones with dots. */
            key: string;
            /**
             * Format: int64
             * @description Step of the last of them, where that is known.
             */
            last_step?: number | null;
            /** @description Those that did not arrive (yet). */
            missing: string[];
            /**
             * Format: int64
             * @description Rows of history in which the key is; 0 where only the summary has it.
             */
            rows: number;
            /** @description As the `wandb` client names it: `image-file`, `images/separated`, `table-file`, `html-file`, … */
            type: string;
            /** @description The last value as it was logged. */
            value: Record<string, never>;
        };
        MediaList: {
            /** @description By key. */
            media: components["schemas"]["MediaAnswer"][];
        };
        /** @description A number with everything needed to read it. `value` is `None` when `n` is 0. */
        Metric: {
            /** @description 95 % interval: Wilson for rates, bootstrap percentile for means. */
            interval95?: number[] | null;
            /** @description Rows that entered the value. */
            n: number;
            /** @description Rows that were attempted. */
            n_total: number;
            scale?: components["schemas"]["Scale"] | null;
            /** @description `scale units`, `fraction`, `secs`, `requests_per_sec`, … */
            unit: string;
            /** Format: double */
            value?: number | null;
        };
        MetricGroup: {
            metrics: components["schemas"]["LoggedMetric"][];
            name: string;
        };
        MetricList: {
            /** @description What stands before the first slash; those without one first, the others by name. */
            groups: components["schemas"]["MetricGroup"][];
        };
        MoveAnswer: {
            cycle?: components["schemas"]["RunReference"] | null;
            event: components["schemas"]["AliasEvent"];
            from_evaluation?: components["schemas"]["RunReference"] | null;
            to_evaluation?: components["schemas"]["RunReference"] | null;
        };
        /** @description An alias that was moved. */
        MovedAnswer: {
            action: components["schemas"]["AliasMove"];
            alias: string;
            /** Format: int64 */
            at_unix_ms: number;
            from?: string | null;
            /** @description The registry that holds it. */
            run: components["schemas"]["RunReference"];
            to: string;
        };
        NewKey: components["schemas"]["KeyAnswer"] & {
            /** @description The key itself; it is not shown again. */
            key: string;
        };
        /** @description How far apart runs of one recipe with different seeds are. */
        NoiseFloor: {
            /**
             * Format: double
             * @description A difference of two runs has to exceed this to be more than seed noise (95 %).
             */
            floor: number;
            /** @description Runs, the compared one included. */
            n_runs: number;
            /**
             * Format: double
             * @description Standard deviation of their primary scores.
             */
            standard_deviation: number;
        };
        /** @enum {string} */
        Outcome: "promote" | "hold" | "reject";
        /** @description The difference of one metric between the arms, on the same rows. */
        PairedEffect: {
            /** Format: double */
            base: number;
            /** Format: double */
            candidate: number;
            /**
             * Format: double
             * @description `candidate − base`, in units of the metric.
             */
            difference: number;
            /**
             * Format: double
             * @description The same with the sign that makes more better.
             */
            improvement: number;
            improvement_interval95: number[];
            interval95: number[];
            method: components["schemas"]["EffectMethod"];
            /** @description Rows that entered both means. */
            n: number;
            /** @description Rows whose value differs between the arms. */
            n_changed: number;
            /**
             * Format: double
             * @description Two-sided, of no difference; `None` where no test is defined.
             */
            p_value?: number | null;
            /**
             * Format: double
             * @description Standard deviation of the rows' differences.
             */
            standard_deviation: number;
        };
        /** @description One row and both answers to it. */
        PairedRowAnswer: {
            base: components["schemas"]["ArmAnswer"];
            candidate: components["schemas"]["ArmAnswer"];
            id: string;
            /**
             * Format: double
             * @description Of the primary score; positive is better.
             */
            improvement?: number | null;
            messages: components["schemas"]["ChatMessage"][];
            stratum?: string | null;
            /** @description The expected value. */
            target: unknown;
        };
        PairedRows: {
            /** @description A page of very long rows ends early; null at the end. */
            next_offset?: number | null;
            rows: components["schemas"]["PairedRowAnswer"][];
            /** @description Rows of this kind, on all pages. */
            total: number;
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
        /** @description What was measured, by its hashes. `None` where the material does not say. */
        PinnedSet: {
            adapter_sha256?: string | null;
            /** @description Reports with the same rows, prompt and contract: what may be set beside it. */
            comparable: components["schemas"]["ComparableReport"][];
            contract_sha256?: string | null;
            data_sha256?: string | null;
            decode?: unknown;
            /** @description Reports that were left out, and why. */
            excluded: components["schemas"]["ExcludedReport"][];
            /** @description The model that the plan is about. */
            model: string;
            primary_score?: components["schemas"]["PrimaryScore"] | null;
            prompt_sha256?: string | null;
            rendered_prompts_sha256?: string | null;
            rows: number;
            scale?: components["schemas"]["Scale"] | null;
            split?: components["schemas"]["Split"] | null;
        };
        Plan: {
            /** @description In order: asked for, training, format, decode, data, hyperparameters. At most one has the status `now`. */
            actions: components["schemas"]["Action"][];
            augmentation?: components["schemas"]["AugmentationSpec"] | null;
            budget: components["schemas"]["Budget"];
            /** @description Format and value clusters, heaviest first; the first three are the dominant ones. */
            clusters: components["schemas"]["Cluster"][];
            conflicts: components["schemas"]["Conflict"][];
            counts: components["schemas"]["FailureCounts"];
            /** Format: int32 */
            format_version: number;
            /** @description In order of their stage; read before anything else. */
            gates: components["schemas"]["PlanGate"][];
            /** @description One sentence; `None` when there is nothing to change. */
            hypothesis?: string | null;
            /** @description File (relative) → SHA-256 of what was read. */
            inputs: {
                [key: string]: string;
            };
            /** @description The recipe to train with; equal to the current one when no hyperparameter changes. */
            next_recipe?: Record<string, never> | null;
            /** @description What the evidence does not show: missing files, small numbers, skipped material. */
            notes: string[];
            /** @description What a later comparison has to agree with, to confront the expectation. */
            pinned: components["schemas"]["PinnedSet"];
            scoreboard: components["schemas"]["Score"][];
            /** Format: int64 */
            seed: number;
            task: string;
            /** @description What a rule proposed and may not be done, with the reason. */
            withheld: components["schemas"]["Withheld"][];
        };
        /** @description A gate as the last report meets it. Gates that need a base are `undecided` here. */
        PlanGate: {
            gate: components["schemas"]["Gate"];
            n: number;
            stage: components["schemas"]["GateStage"];
            state: components["schemas"]["GateState"];
            text: string;
            /** Format: double */
            value?: number | null;
        };
        /** @description What these rows can show. */
        Power: {
            /**
             * Format: double
             * @description The smallest true improvement that ends as `better` four times out of five.
             */
            detectable_improvement: number;
            /**
             * Format: int64
             * @description Rows with which a verdict would be reached four times out of five if the true difference
             *     is the one seen here. `None` when it sits on the margin, or when it is not needed.
             */
            rows_needed?: number | null;
            rows_needed_for?: components["schemas"]["Verdict"] | null;
        };
        /** @description The primary score; no value where too few rows were answered by the model under test. */
        PrimaryFigure: {
            direction: components["schemas"]["Direction"];
            metric: components["schemas"]["Metric"];
            name: string;
            /** @description Why there is no value. */
            undefined_because?: string | null;
        };
        PrimaryScore: {
            direction: components["schemas"]["Direction"];
            /**
             * Format: double
             * @description Differences of this size do not matter, in units of the metric.
             */
            margin?: number | null;
            metric: string;
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
        ProjectMetric: {
            /** @description Some value is a number. */
            has_numbers: boolean;
            name: string;
        };
        ProjectMetrics: {
            /**
             * @description What runs of the project have logged: the names of all summaries, and those in the rows
             *     of the newest 20 runs; by name.
             */
            metrics: components["schemas"]["ProjectMetric"][];
        };
        RaisedAlert: {
            alert: components["schemas"]["AlertAnswer"];
            run: components["schemas"]["RunReference"];
        };
        /**
         * @description New records out of the parts of existing ones: a part keeps the values that it determined in
         *     every row it was seen in. Nothing is made where the data leave a value open.
         */
        Recombine: {
            /** @description Rows in which a part must have been seen before its values count as known. */
            min_support: number;
            /** @description Rows to make, at most. */
            rows: number;
            /** @description Rows to start from; one part of each is exchanged. */
            seeds: string[];
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
        /** @description Why two reports may not be compared. */
        Refusal: {
            /** @description What each arm says, where the refusal is a difference. */
            base?: string | null;
            candidate?: string | null;
            code: components["schemas"]["RefusalCode"];
            /** @description What is wrong and what to do about it. */
            text: string;
        };
        /** @enum {string} */
        RefusalCode: "rows_missing" | "rows_differ" | "scale_differs" | "prompt_differs" | "contract_differs" | "decode_differs" | "metric_differs" | "split_differs" | "format_differs" | "same_artefact" | "identical_answers" | "not_served_as_requested" | "no_valid_row" | "score_missing" | "too_few_rows";
        RefusedComparison: {
            base: components["schemas"]["ServedArm"];
            candidate: components["schemas"]["ServedArm"];
            refusals: components["schemas"]["Refusal"][];
        };
        RegistryAnswer: {
            /** @description By name. */
            aliases: components["schemas"]["AliasAnswer"][];
            /** @description Of `gradus decide`, newest first; those of cycles are with their cycles. */
            decisions: components["schemas"]["RegistryDecision"][];
            frozen_sets: components["schemas"]["FrozenSetAnswer"][];
            /** @description Newest first. */
            history: components["schemas"]["MoveAnswer"][];
            /** @description Files that are not what they should be, in words. */
            problems: string[];
            run: components["schemas"]["RunReference"];
            task?: string | null;
        };
        RegistryDecision: {
            decided: components["schemas"]["LinkedDecision"];
            /** @description Folder in the registry: `decisions/0001`. */
            folder: string;
            /** Format: int64 */
            recorded_unix_ms: number;
        };
        Repeat: {
            /** @description The failures whose neighbour it is. */
            because_of: string[];
            /** @description Copies to add, 1 or more. */
            copies: number;
            row: string;
        };
        /** @description When the change is taken back, whatever else improved. */
        Rollback: {
            text: string;
            /** @description Takes effect when the next report does not pass this gate. */
            unless: components["schemas"]["Gate"];
        };
        /** @description Whether the alias can be moved back from here, and what does it elsewhere. */
        RollbackOffer: {
            /** @description What to enter on the machine that has the folder; null where there is nobody to go back to. */
            command?: string | null;
            possible: boolean;
            /** @description Why not, in words. */
            why?: string | null;
        };
        RollbackWanted: {
            alias: string;
            /** @description Who is shown as its holder: `rows_sha256` or `decision`. */
            from: string;
            /** @description Who is shown as the one that it leads back to, as `from`; whoever it is where it is null. */
            to?: string | null;
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
        /** @description What was counted in the rows; null where none were recorded. */
        RowsFigures: {
            /** @description Failure code → rows, of the counted answers. */
            failures: {
                [key: string]: number;
            };
            /** @description The rows don't give the report's figures, in words: they can be looked at, not compared. */
            problem?: string | null;
            rows: number;
            /** @description Who really answered → rows. Rows without an answer are under `nobody (CODE)`. */
            served_by: {
                [key: string]: number;
            };
            sha256: string;
            /** @description Stratum → rows. */
            strata: {
                [key: string]: number;
            };
            /** @description All answers together, with a grammar and without. */
            tokens: components["schemas"]["TokenCounts"];
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
        RunArtifact: {
            artifact: components["schemas"]["ArtifactReference"];
            version: components["schemas"]["VersionAnswer"];
        };
        RunArtifacts: {
            logged: components["schemas"]["RunArtifact"][];
            used: components["schemas"]["RunArtifact"][];
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
        /** @description A run that something is about; its address is `projects/ENTITY/PROJECT/runs/NAME`. */
        RunReference: {
            /** Format: int64 */
            created_unix_ms?: number | null;
            display_name?: string | null;
            entity: string;
            group?: string | null;
            job_type?: string | null;
            /** @description The run's id. */
            name: string;
            project: string;
            state: string;
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
        /** @description The closed range that every number of an answer lies in. */
        Scale: {
            /** Format: double */
            max: number;
            /** Format: double */
            min: number;
        };
        /** @description One figure of the scoreboard. */
        Score: {
            metric: string;
            n: number;
            n_total: number;
            /** Format: double */
            value?: number | null;
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
        /** @description Who answered, and no figure of quality. */
        ServedArm: {
            /** @description The model reference as it was asked for. */
            model: string;
            n_answered: number;
            n_served_as_requested: number;
            n_total: number;
            /** @description Who really answered → rows. Rows without an answer are under `nobody (CODE)`. */
            served_by: {
                [key: string]: number;
            };
        };
        /** @enum {string} */
        Shape: "digits" | "question" | "record" | "unspaced_script" | "negation";
        /** @description Against a reference that costs nothing. */
        Skill: {
            /**
             * Format: double
             * @description 0 is as good as the reference, 1 is perfect, below 0 is worse. `None` where the
             *     reference leaves nothing to gain.
             */
            base?: number | null;
            /** Format: double */
            candidate?: number | null;
            effect?: components["schemas"]["PairedEffect"] | null;
            /**
             * Format: double
             * @description The reference's own primary score on the same rows.
             */
            reference: number;
        };
        /** @enum {string} */
        Split: "train" | "dev" | "frozen";
        StateChange: {
            state: components["schemas"]["WantedState"];
        };
        StratumEffect: {
            effect: components["schemas"]["PairedEffect"];
            /**
             * Format: double
             * @description Holm over all strata of the comparison.
             */
            p_holm?: number | null;
            /** @description Worse, and the corrected p-value is at most 0.05. */
            regressed: boolean;
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
        TagWanted: {
            tag: string;
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
        TokenCounts: {
            completion: number;
            /** @description Of `completion`, those that the grammar dictated. */
            forced: number;
            prompt: number;
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
        /**
         * @description What a comparison concludes about the candidate.
         * @enum {string}
         */
        Verdict: "better" | "worse" | "equivalent" | "inconclusive" | "refused";
        VerifiedEvidence: {
            /** @description Why it can't be read. */
            problem?: string | null;
            /**
             * @description What `gradus evidence verify --json` says: `verified`, `rows_rescored`, `figures_recomputed`,
             *     `differences`, `problems`, …; null where the file can't be read as evidence.
             */
            result?: Record<string, never> | null;
            sha256: string;
            /** Format: int64 */
            size_bytes: number;
        };
        /** @description A version of a collection. */
        VersionAnswer: {
            aliases: string[];
            /** Format: int64 */
            created_unix_ms: number;
            description?: string | null;
            digest: string;
            /** Format: int64 */
            files: number;
            made_by?: components["schemas"]["RunReference"] | null;
            /** Format: int64 */
            size_bytes: number;
            tags: string[];
            /** Format: int64 */
            updated_unix_ms: number;
            /** @description Runs that used it. */
            used_by: number;
            /** @description `v3`. */
            version: string;
        };
        VersionList: {
            collection: components["schemas"]["CollectionAnswer"];
            /** @description On all pages. */
            total: number;
            /** @description Newest first. */
            versions: components["schemas"]["VersionAnswer"][];
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
        /**
         * @description What becomes of a search.
         * @enum {string}
         */
        WantedState: "RUNNING" | "PAUSED" | "FINISHED" | "CANCELED";
        Withheld: {
            reason: string;
            rule: string;
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
    get_activity: {
        parameters: {
            query?: {
                /** @description Of each kind: 1 to 100, 10 where nothing is said. */
                limit?: number;
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
                    "application/json": components["schemas"]["ActivityAnswer"];
                };
            };
        };
    };
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
    get_projects_by_project_artifacts: {
        parameters: {
            query?: {
                /** @description Of this type alone. */
                type?: string;
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
                    "application/json": components["schemas"]["ArtifactList"];
                };
            };
        };
    };
    get_projects_by_project_artifacts_by_type_by_name: {
        parameters: {
            query?: {
                offset?: number;
                /** @description 1 to 1000, 100 where nothing is said. */
                limit?: number;
            };
            header?: never;
            path: {
                entity: string;
                project: string;
                type: string;
                /** @description Of the collection. */
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
                    "application/json": components["schemas"]["VersionList"];
                };
            };
        };
    };
    get_projects_by_project_artifacts_by_type_by_name_by_version: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                type: string;
                /** @description Of the collection. */
                name: string;
                /** @description `v3`, an alias or a digest. */
                version: string;
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
                    "application/json": components["schemas"]["ArtifactAnswer"];
                };
            };
        };
    };
    post_projects_by_project_artifacts_by_type_by_name_by_version_aliases: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                type: string;
                /** @description Of the collection. */
                name: string;
                /** @description `v3`, an alias or a digest. */
                version: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AliasWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArtifactAnswer"];
                };
            };
        };
    };
    delete_projects_by_project_artifacts_by_type_by_name_by_version_aliases_by_label: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                type: string;
                /** @description Of the collection. */
                name: string;
                /** @description `v3`, an alias or a digest. */
                version: string;
                /** @description The alias or tag. */
                label: string;
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
                    "application/json": components["schemas"]["ArtifactAnswer"];
                };
            };
        };
    };
    post_projects_by_project_artifacts_by_type_by_name_by_version_tags: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                type: string;
                /** @description Of the collection. */
                name: string;
                /** @description `v3`, an alias or a digest. */
                version: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArtifactAnswer"];
                };
            };
        };
    };
    delete_projects_by_project_artifacts_by_type_by_name_by_version_tags_by_label: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                type: string;
                /** @description Of the collection. */
                name: string;
                /** @description `v3`, an alias or a digest. */
                version: string;
                /** @description The alias or tag. */
                label: string;
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
                    "application/json": components["schemas"]["ArtifactAnswer"];
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
    get_projects_by_project_champions: {
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
                    "application/json": components["schemas"]["ChampionList"];
                };
            };
        };
    };
    post_projects_by_project_champions_by_run_rollback: {
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
                "application/json": components["schemas"]["RollbackWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryAnswer"];
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
    get_projects_by_project_compare: {
        parameters: {
            query: {
                /** @description A run's id, or `ENTITY/PROJECT/RUN`. */
                base: string;
                /** @description The same; 1 to 20 of them. */
                candidate: string[];
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
                    "application/json": components["schemas"]["ComparisonList"];
                };
            };
        };
    };
    get_projects_by_project_compare_rows: {
        parameters: {
            query: {
                /** @description A run's id, or `ENTITY/PROJECT/RUN`. */
                base: string;
                candidate: string;
                /**
                 * @description `all` (where nothing is said), `gained` and `lost` (by the primary score, the largest change
                 *     first), `mended` and `broke` (valid in one of them only), `both_wrong`.
                 */
                kind?: string;
                offset?: number;
                /** @description 1 to 200, 50 where nothing is said. */
                limit?: number;
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
                    "application/json": components["schemas"]["PairedRows"];
                };
            };
        };
    };
    get_projects_by_project_cycles: {
        parameters: {
            query?: {
                offset?: number;
                /** @description 1 to 200, 50 where nothing is said. */
                limit?: number;
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
                    "application/json": components["schemas"]["CycleList"];
                };
            };
        };
    };
    get_projects_by_project_cycles_by_run: {
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
                    "application/json": components["schemas"]["CycleAnswer"];
                };
            };
        };
    };
    post_projects_by_project_cycles_by_run_verify: {
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
                    "application/json": components["schemas"]["VerifiedEvidence"];
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
            header?: {
                /** @description Versions in quotes, or `*` */
                "If-Match"?: string | null;
                /** @description `*` */
                "If-None-Match"?: string | null;
            };
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
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
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
    get_projects_by_project_evaluations: {
        parameters: {
            query?: {
                task?: string;
                /** @description `train`, `dev` or `frozen`. */
                split?: string;
                /** @description Those on exactly these rows. */
                data_sha256?: string;
                offset?: number;
                /** @description 1 to 1000, 100 where nothing is said. */
                limit?: number;
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
                    "application/json": components["schemas"]["EvaluationList"];
                };
            };
        };
    };
    get_projects_by_project_evaluations_by_run: {
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
                    "application/json": components["schemas"]["EvaluationAnswer"];
                };
            };
        };
    };
    get_projects_by_project_evaluations_by_run_rows: {
        parameters: {
            query?: {
                /**
                 * @description `worst` first by the primary score (where nothing is said), `best` first, or `id`: as the
                 *     rows lie in the file.
                 */
                order?: string;
                /** @description A failure code, `any` or `none`. */
                failure?: string;
                stratum?: string;
                offset?: number;
                /** @description 1 to 500, 50 where nothing is said. */
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
                    "application/json": components["schemas"]["EvaluationRows"];
                };
            };
        };
    };
    get_projects_by_project_evaluations_by_run_rows_by_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entity: string;
                project: string;
                run: string;
                /** @description The row's id. */
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
                    "application/json": components["schemas"]["EvaluationRowAnswer"];
                };
            };
        };
    };
    get_projects_by_project_metrics: {
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
                    "application/json": components["schemas"]["ProjectMetrics"];
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
    get_projects_by_project_runs_by_run_artifacts: {
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
                    "application/json": components["schemas"]["RunArtifacts"];
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
    get_projects_by_project_runs_by_run_media: {
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
                    "application/json": components["schemas"]["MediaList"];
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
    post_projects_by_project_sweeps_by_id_state: {
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
        requestBody: {
            content: {
                "application/json": components["schemas"]["StateChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SweepAnswer"];
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
