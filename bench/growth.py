#!/usr/bin/env python3
"""growth.py DIR - tables and SVG plots from DIR/growth.jsonl (bench/growth.sh)."""
import json
import subprocess
import sys

# question: (x label, x, [(y label, y, file)])
PLOTS = {
    "followers": ("followers", lambda r: r["n"], [
        ("deliveries/s", "deliveries_per_s", "followers")]),
    "bodies": ("bytes of a body", lambda r: r["size"], [
        ("MB/s delivered", "mb_per_s", "bodies")]),
    "entries": ("entries in the log", lambda r: r["fetched"] / 0.9, [
        ("entries/s read", "msgs_per_s", "entries-rate"),
        ("microseconds to the first page", "first_page_us", "entries-first-page"),
        ("KiB of memory", "rss_kib", "entries-memory")]),
    "members": ("members", lambda r: r["n"], [
        ("microseconds to join", "join_us", "members-join"),
        ("microseconds to list all", "list_us", "members-list")]),
}


def plot(path, xlabel, ylabel, points):
    script = [
        "set terminal svg size 640,360 font 'sans,12' background '#ffffff'",
        f"set output '{path}'", "set logscale x", f"set xlabel '{xlabel}'",
        f"set ylabel '{ylabel}'", "set yrange [0:*]", "set grid", "set format y '%.0s%c'",
        "unset key", "plot '-' with linespoints lw 2 pt 7 lc rgb '#1f6f8b'",
    ]
    script += [f"{x} {y}" for x, y in points] + ["e"]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def main():
    out = sys.argv[1]
    rows = [json.loads(line) for line in open(f"{out}/growth.jsonl", encoding="utf-8")]
    for question, (xlabel, x, ys) in PLOTS.items():
        mine = [r for r in rows if r["question"] == question]
        if not mine:
            continue
        print(f"| {xlabel} | " + " | ".join(y[0] for y in ys) + " | lost, errors |")
        print("| --- |" + " --- |" * (len(ys) + 1))
        for r in mine:
            bad = r.get("lost", 0) + r["errors"]
            print(f"| {x(r):,.0f} | " + " | ".join(f"{r[f]:,.0f}" for _, f, _ in ys) + f" | {bad} |")
        print()
        for label, field, name in ys:
            plot(f"{out}/{name}.svg", xlabel, label, [(x(r), r[field]) for r in mine])


main()
