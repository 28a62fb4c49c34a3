#!/usr/bin/env python3
"""report.py FILE... - one table from the lines of conclave-bench: min / median / max."""
import json
import statistics
import sys

MAIN = {
    "W1": "deliveries_per_s", "W2": "acks_per_s", "W3": "acks_per_s", "W4": "p50_us",
    "W5": "msgs_per_s", "W6": "kib_per_conn", "W7": "connects_per_s", "W8": "deliveries_per_s",
    "W10": "p50_us",
}
ALSO = ["p50_us", "p99_us", "published_per_s", "load_per_s", "first_page_us", "server_cores",
        "client_cores", "other_cores"]


def number(v):
    return f"{v:,.0f}" if abs(v) >= 1000 else f"{v:.2f}" if abs(v) < 10 else f"{v:.1f}"


def spread(values):
    low, mid, high = min(values), statistics.median(values), max(values)
    return f"{number(low)} / **{number(mid)}** / {number(high)}"


def place(item):
    (w, n, size), _ = item
    return int(w[1:]), n, size


def main():
    rows = {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                rows.setdefault((row["w"], row["n"], row["size"]), []).append(row)
    print("| workload | n | bytes | what | min / median / max | also (medians) | lost, errors |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for (w, n, size), runs in sorted(rows.items(), key=place):
        field = MAIN[w]
        also = ", ".join(f"{f} {number(statistics.median(r[f] for r in runs))}"
                         for f in ALSO if f != field and all(f in r for r in runs))
        bad = sum(r.get("lost", 0) + r["errors"] for r in runs)
        print(f"| {w} | {n} | {size} | {field} | {spread([r[field] for r in runs])} | {also} "
              f"| {bad} |")


main()
