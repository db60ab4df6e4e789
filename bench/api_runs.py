"""How long our own API takes over many runs and one long series.

    cargo run --release -p gradus-server --example serve -- FOLDER 8099
    python bench/api_runs.py http://127.0.0.1:8099 [RUNS] [POINTS]

Makes RUNS runs (10,000) with 12 keys each and one run of POINTS rows (1,000,000), asks each question
21 times, and prints one JSON object: milliseconds, median and worst, of whole requests on this
machine. Python's standard library alone.
"""

import http.client
import json
import statistics
import sys
import threading
import time
import urllib.parse

QUESTIONS = 21
THREADS = 8
ROWS_A_BODY = 20_000


class Server:
    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=600)

    def ask(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, "/api/v1/" + path, text)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


def make_runs(url, count):
    def some(first):
        server = Server(url)
        for number in range(first, count, THREADS):
            server.ask("POST", f"projects/local/bench/runs/r{number:06}", {
                "state": "failed" if number % 10 == 0 else "finished",
                "tags": ["even" if number % 2 == 0 else "odd"],
                "config": {"lr": number % 97 / 1000, "seed": number, "model": {"name": "m", "layers": number % 7}},
                "summary": {"val/loss": (number * 7919 % count) / count, "train/loss": 1.5, "_step": 100,
                            "val/gsm8k/accuracy": number % 100 / 100, "epoch": 3, "_runtime": 12.5},
            })

    threads = [threading.Thread(target=some, args=(first,)) for first in range(THREADS)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def make_series(url, points):
    server = Server(url)
    server.ask("POST", "projects/local/bench/runs/long", {"host": "bench"})
    for first in range(0, points, ROWS_A_BODY):
        rows = [json.dumps({"_step": step, "loss": 1 / (1 + step), "acc": step % 1000 / 1000})
                for step in range(first, min(points, first + ROWS_A_BODY))]
        body = {"files": {"wandb-history.jsonl": {"offset": first, "content": rows}}}
        server.ask("POST", "projects/local/bench/runs/long/lines", body)
    server.ask("POST", "projects/local/bench/runs/long/lines", {"complete": True, "exitcode": 0})


def timed(url, method, path, body=None):
    server, spent = Server(url), []
    for _ in range(QUESTIONS):
        begin = time.perf_counter()
        content = server.ask(method, path, body)
        spent.append((time.perf_counter() - begin) * 1000)
    return {"median_ms": round(statistics.median(spent), 2), "worst_ms": round(max(spent), 2),
            "answer_bytes": len(content)}


def main():
    url = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    points = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    begin = time.perf_counter()
    make_runs(url, runs)
    runs_secs = time.perf_counter() - begin
    begin = time.perf_counter()
    make_series(url, points)
    series_secs = time.perf_counter() - begin
    filters = urllib.parse.quote(json.dumps({"state": "finished", "config.lr": {"$lt": 0.05}}))
    columns = "config_keys=lr,seed&summary_keys=val/loss,train/loss"
    project, run = "projects/local/bench", "projects/local/bench/runs/long"
    print(json.dumps({
        "runs": runs, "points": points,
        "runs_a_second_made": round(runs / runs_secs), "rows_a_second_recorded": round(points / series_secs),
        "first_page": timed(url, "GET", f"{project}/runs?limit=100&{columns}"),
        "filtered_sorted_first_page": timed(url, "GET", f"{project}/runs?filters={filters}&order=%2Bsummary_metrics.val/loss&limit=100&{columns}"),
        "a_page_of_1000": timed(url, "GET", f"{project}/runs?limit=1000&{columns}"),
        "columns": timed(url, "GET", f"{project}/columns"),
        "projects": timed(url, "GET", "projects"),
        "buckets_of_a_long_series": timed(url, "GET", f"{run}/buckets?key=loss&buckets=2000"),
        "buckets_zoomed": timed(url, "GET", f"{run}/buckets?key=loss&buckets=2000&min_step={points // 3}&max_step={points // 2}"),
        "series_page_of_10000": timed(url, "GET", f"{run}/series?keys=loss,acc&min_step={points // 2}&limit=10000"),
        "metrics": timed(url, "GET", f"{run}/metrics"),
        "dashboards": timed(url, "GET", f"{project}/dashboards"),
    }, indent=2))


main()
