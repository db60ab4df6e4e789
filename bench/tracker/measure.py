"""Figures of the tracking server, from outside: HTTP bodies as the client sends them, and the client.

    python bench/tracker/measure.py URL KEY PROCESS_ID STORE_FOLDER [PART...]

Prints one JSON object. `cargo xtask bench tracker` builds the server, starts it and calls this.
"""

import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse

URL, KEY, PROCESS, STORE = sys.argv[1], sys.argv[2], int(sys.argv[3]), pathlib.Path(sys.argv[4])
PARTS = sys.argv[5:]
PLACE = urllib.parse.urlsplit(URL)
HEADERS = {"Authorization": "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode(),
           "Content-Type": "application/json"}
ENTITY = None


class Client:
    """One connection that stays open, as the client's does."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(PLACE.hostname, PLACE.port, timeout=120)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body, HEADERS)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def graphql(self, document, **variables):
        body = json.dumps({"query": document, "variables": variables}).encode()
        return json.loads(self.ask("POST", "/graphql", body))["data"]

    def begin(self, project, run, **more):
        return self.graphql(
            "mutation U($i: X) { upsertBucket(input: $i) { bucket { id historyLineCount "
            "project { entity { name } } } } }",
            i={"modelName": project, "name": run, "jobProgram": "measure", **more})["upsertBucket"]["bucket"]

    def stream(self, project, run, body):
        return self.ask("POST", f"/files/{ENTITY}/{project}/{run}/file_stream", body)


def body(offset, lines, complete=False):
    content = {"files": {"wandb-history.jsonl": {"offset": offset, "content": lines}}}
    if complete:
        content |= {"complete": True, "exitcode": 0}
    return json.dumps(content).encode()


def lines(first, count, metrics=5, seed=0):
    """History lines as the client writes them: Go's floats, keys in any order."""
    chance = random.Random(seed * 1_000_003 + first)
    made = []
    for step in range(first, first + count):
        values = {f"train/metric_{metric}": chance.gauss(1.0 / (1 + step / 5000), 0.05)
                  for metric in range(metrics)}
        # Clocks give 100 nanoseconds and steps never take equally long.
        now = round(1.7952e9 + step * 0.11 + chance.random() * 0.01, 7)
        values |= {"_step": step, "_timestamp": now, "_runtime": now - 1.7952e9}
        made.append(json.dumps(values, separators=(",", ":")))
    return made


def memory_bytes():
    for line in pathlib.Path(f"/proc/{PROCESS}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024


def folder_bytes(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def percentile(values, share):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def ingest():
    """10 runs of 20,000 steps and 5 metrics, sent at once in bodies of 10,000 rows."""
    client = Client()
    project = "ingest"
    bodies = {}
    for run in range(10):
        client.begin(project, f"r{run}")
        bodies[run] = [body(0, lines(0, 10_000, seed=run)), body(10_000, lines(10_000, 10_000, seed=run))]
    before = folder_bytes(STORE)
    start = time.perf_counter()

    def send(run):
        connection = Client()
        for one in bodies[run]:
            connection.stream(project, f"r{run}", one)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(10)))
    secs = time.perf_counter() - start
    points = 10 * 20_000 * 5
    for run in range(10):
        client.stream(project, f"r{run}", body(20_000, [], complete=True))
    sealed = settled(before)
    return {"points": points, "wall_secs": secs, "points_per_sec": points / secs,
            "body_bytes": sum(len(one) for run in bodies.values() for one in run),
            "store_bytes_after_sealing": sealed}


def settled(before):
    """What the store grew by, when nothing changes any more."""
    same, last = 0, None
    while same < 8:
        now = folder_bytes(STORE)
        same, last = (same + 1, now) if now == last else (0, now)
        time.sleep(0.25)
    return last - before


def long_series():
    """One series of 10 million points; exact minimum and maximum of 2,000 stretches."""
    client = Client()
    client.begin("long", "ten-million")
    total, batch = 10_000_000, 50_000
    start = time.perf_counter()
    chance = random.Random(7)
    value = 0.0
    for first in range(0, total, batch):
        rows = []
        for step in range(first, first + batch):
            value += chance.gauss(0, 0.01)
            rows.append(f'{{"loss":{value!r},"_step":{step}}}')
        client.stream("long", "ten-million", body(first, rows))
    client.stream("long", "ten-million", body(total, [], complete=True))
    secs = time.perf_counter() - start
    settled(0)
    path = f"/api/v1/projects/{ENTITY}/long/runs/ten-million/buckets?key=loss&buckets=2000"

    def timed(more=""):
        began = time.perf_counter()
        client.ask("GET", path + more)
        return (time.perf_counter() - began) * 1000

    found = {"points": total, "sent_secs": secs, "first_view_ms": timed(), "again_ms": timed()}
    zooms = {}
    for width in (5_000_000, 1_000_000, 100_000, 10_000):
        at = [random.Random(width + place).randrange(0, total - width) for place in range(7)]
        zooms[str(width)] = statistics.median(
            timed(f"&min_step={first}&max_step={first + width - 1}") for first in at)
    return found | {"zoom_median_ms_by_steps": zooms}


def many_runs():
    """10,000 runs with 20 values each: filter, order and first page."""
    client = Client()
    count = 10_000

    def make(part):
        connection = Client()
        for place in range(part, count, 8):
            chance = random.Random(place)
            config = {f"p{key}": {"value": chance.random()} for key in range(10)}
            summary = {f"m{key}": chance.random() for key in range(10)}
            connection.begin("many", f"run{place:05}", config=json.dumps(config),
                             summaryMetrics=json.dumps(summary), state="finished",
                             tags=["even" if place % 2 == 0 else "odd"])

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(8)))
    made_secs = time.perf_counter() - start
    document = """query R($e: String, $f: JSONString, $o: String) { project(name: "many", entityName: $e) {
      runs(filters: $f, order: $o, first: 50) { edges { node { id name displayName state createdAt } }
      pageInfo { endCursor hasNextPage } } } }"""
    cases = {
        "config above and summary order": ({"config.p3.value": {"$gt": 0.5}}, "-summary_metrics.m1"),
        "tag and summary below": ({"$and": [{"tags": "odd"}, {"summary_metrics.m2": {"$lt": 0.1}}]},
                                  "+config.p0.value"),
        "everything by creation": ({}, "-created_at"),
    }
    took = {}
    for name, (filters, order) in cases.items():
        times = []
        for _ in range(15):
            began = time.perf_counter()
            answer = client.graphql(document, e=ENTITY, f=json.dumps(filters), o=order)
            times.append((time.perf_counter() - began) * 1000)
            assert len(answer["project"]["runs"]["edges"]) == 50
        took[name] = {"median_ms": statistics.median(times), "worst_ms": max(times)}
    return {"runs": count, "made_secs": made_secs, "first_page": took}


def scan():
    """`scan_history` of 100,000 rows through the client."""
    import wandb

    client = Client()
    client.begin("scan", "rows")
    for first in range(0, 100_000, 10_000):
        client.stream("scan", "rows", body(first, lines(first, 10_000)))
    client.stream("scan", "rows", body(100_000, [], complete=True))
    run = wandb.Api(timeout=120).run(f"{ENTITY}/scan/rows")
    began = time.perf_counter()
    rows = sum(1 for _ in run.scan_history())
    secs = time.perf_counter() - began
    assert rows == 100_000, rows
    began = time.perf_counter()
    keyed = sum(1 for _ in run.scan_history(keys=["train/metric_1"], page_size=10_000))
    keyed_secs = time.perf_counter() - began
    assert keyed == 100_000, keyed
    return {"rows": rows, "rows_per_sec": rows / secs, "keyed_rows_per_sec_pages_of_10000": keyed / keyed_secs}


def clients():
    """64 clients for 60 seconds, 100 rows of 5 metrics each second from each."""
    times, peak, failed = [], 0, []
    guard = threading.Lock()
    end = time.perf_counter() + 60

    def one(number):
        connection = Client()
        connection.begin("clients", f"c{number}")
        offset = 0
        time.sleep(random.random())
        while time.perf_counter() < end:
            sent = body(offset, lines(offset, 100, seed=number))
            began = time.perf_counter()
            try:
                connection.stream("clients", f"c{number}", sent)
            except Exception as problem:
                with guard:
                    failed.append(repr(problem))
                return offset
            took = (time.perf_counter() - began) * 1000
            with guard:
                times.append(took)
            offset += 100
            time.sleep(max(0.0, 1.0 - took / 1000))
        connection.stream("clients", f"c{number}", body(offset, [], complete=True))
        return offset

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        running = [pool.submit(one, number) for number in range(64)]
        while time.perf_counter() < end:
            peak = max(peak, memory_bytes())
            time.sleep(0.25)
        offsets = [done.result() for done in running]
    reader, kept = Client(), 0
    for number in range(64):
        found = reader.graphql(
            'query C($e: String, $r: String!) { project(name: "clients", entityName: $e) '
            "{ run(name: $r) { historyLineCount } } }", e=ENTITY, r=f"c{number}")
        kept += found["project"]["run"]["historyLineCount"]
    return {"requests": len(times), "failed": len(failed), "problems": failed[:3],
            "rows_sent": sum(offsets), "rows_kept": kept,
            "reply_ms": {"median": statistics.median(times), "p99": percentile(times, 99), "worst": max(times)},
            "peak_memory_bytes": peak}


def loop_cost():
    """What `log` adds to a training loop: online against offline, in turns."""
    import wandb

    os.environ["WANDB_SILENT"] = "true"
    found = {"online": [], "offline": []}
    for _ in range(3):
        for mode in ("online", "offline"):
            with tempfile.TemporaryDirectory() as folder:
                run = wandb.init(project="loop", mode=mode, dir=folder,
                                 settings=wandb.Settings(silent=True, console="off", x_disable_stats=True))
                count = 5_000
                began = time.perf_counter()
                for step in range(count):
                    run.log({"a": step * 0.1, "b": 1.0, "c": step, "d": 0.5, "e": -step})
                found[mode].append((time.perf_counter() - began) / count * 1e6)
                run.finish()
    return {mode: {"microseconds_per_log": statistics.median(times), "each": times}
            for mode, times in found.items()}


def main():
    global ENTITY
    for name in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        os.environ[name] = tempfile.mkdtemp()
    os.environ |= {"WANDB_BASE_URL": URL, "WANDB_API_KEY": KEY, "WANDB_ERROR_REPORTING": "false"}
    found = {"idle_memory_bytes": memory_bytes()}
    ENTITY = Client().begin("start", "first")["project"]["entity"]["name"]
    parts = {"ingest": ingest, "scan": scan, "loop_cost": loop_cost, "many_runs": many_runs,
             "clients": clients, "long_series": long_series}
    for name, part in parts.items():
        if not PARTS or name in PARTS:
            found[name] = part()
            print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    found["memory_at_the_end_bytes"] = memory_bytes()
    print(json.dumps(found, indent=1))


main()
