"""What both peers' scripts share: reading the rows that gradus wrote, and measuring themselves."""

import json


def read_rows(path):
    """Rows as written by `gradus bench rows`: token ids, so that both sides see the same input."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def peak_memory_bytes():
    """The most memory this process ever held (VmHWM); None where the system does not say."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def nearest_rank(values, fraction):
    """Percentile by nearest rank: the smallest value that at least `fraction` of all reach."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * round(fraction * 100) // 100))
    return ordered[rank - 1]
