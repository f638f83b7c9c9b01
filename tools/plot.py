#!/usr/bin/env python3
# Makes of the benchmarks' JSON what people read: tables in Markdown, and latency percentiles as SVG.
# SPDX-License-Identifier: MIT
"""usage: tools/plot.py FILE.json... [--svg DIRECTORY]

Writes the rows of the files as Markdown tables to standard output. With --svg it also draws a plot of each row whose
contenders have latencies, DIRECTORY/ROW.svg.
"""
import json
import math
import pathlib
import re
import sys
from html import escape

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 250, 40, 50
PERCENTS = ["10", "50", "90", "99", "99.9", "99.99"]
# Distinct also for those who don't see all colours (Okabe and Ito).
COLOURS = ["#000000", "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7", "#999999"]


def number(value):
    """A figure with as many digits as mean something."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def spread(s):
    if s["median"] is None:
        return "–"
    return f"{s['median']:.2f} ({s['low']:.2f} to {s['high']:.2f})"


def table(row):
    timed = any("latency_ns" in c for c in row["contenders"])
    lines = [f"### {row['what']}", ""]
    lines.append(f"| | {row['unit']} | × limit (middle half) |" + (" 50 % | 99 % | 99.9 % |" if timed else ""))
    lines.append("|---|---|---|" + ("---|---|---|" if timed else ""))
    for c in row["contenders"]:
        line = f"| {c['name']} | {number(c['figure']['median'])} | {spread(c['over_limit'])} |"
        if timed:
            line += "".join(f" {number(c.get('latency_ns', {}).get(p))} |" for p in ("50", "99", "99.9"))
        lines.append(line)
    for g in row["goals"]:
        sign, bound = ("≤", g["at_most"]) if "at_most" in g else ("≥", g["at_least"])
        name = g["of"] + (f" ÷ {g['over']}" if g["over"] else "")
        if "ratio" not in g:
            lines += ["", f"Goal: {name} {sign} {bound:g}: no round counts."]
            continue
        counted = f", in {g['rounds']} of {row['rounds']} rounds" if g["rounds"] != row["rounds"] else ""
        verdict = "met" if g["met"] else "**missed**"
        lines += ["", f"Goal: {name} {sign} {bound:g}: {spread(g['ratio'])}{counted}, {verdict}."]
    return "\n".join(lines + [""])


def duration(decade):
    """Ten to that many nanoseconds."""
    unit = min(decade // 3, 2)
    return f"{10 ** (decade - 3 * unit):,} {['ns', 'µs', 'ms'][unit]}"


def line(x1, y1, x2, y2, stroke):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {stroke}/>'


def text(x, y, content, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def plot(row):
    """Latency over percentile, both so that what is rare and slow can be seen."""
    series = [(c["name"], [c["latency_ns"][p] for p in PERCENTS]) for c in row["contenders"] if "latency_ns" in c]
    values = [max(v, 1) for _, points in series for v in points]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)

    def x(index):
        return LEFT + index * (WIDTH - LEFT - RIGHT) / (len(PERCENTS) - 1)

    def y(ns):
        return HEIGHT - BOTTOM - (math.log10(max(ns, 1)) - low) * (HEIGHT - TOP - BOTTOM) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" ',
           'font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text(LEFT, 22, row["what"])]
    for decade in range(low, high + 1):
        at = y(10.0 ** decade)
        out.append(line(LEFT, at, WIDTH - RIGHT, at, 'stroke="#dddddd"'))
        out.append(text(LEFT - 8, at + 4, duration(decade), "end"))
    for index, percent in enumerate(PERCENTS):
        out.append(text(x(index), HEIGHT - BOTTOM + 20, f"{percent} %", "middle"))
    for i, (name, points) in enumerate(series):
        stroke = f'stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="{3 if name.startswith("samepage") else 1.5}"'
        if i >= len(COLOURS):
            stroke += ' stroke-dasharray="6 3"'
        path = " ".join(f"{x(k):.1f},{y(ns):.1f}" for k, ns in enumerate(points))
        out.append(f'<polyline points="{path}" fill="none" {stroke}/>')
        at = TOP + 10 + i * 20
        out.append(line(WIDTH - RIGHT + 15, at, WIDTH - RIGHT + 40, at, stroke))
        out.append(text(WIDTH - RIGHT + 46, at + 4, name))
    return "\n".join(out + ["</svg>", ""])


def main(arguments):
    directory = None
    if "--svg" in arguments:
        at = arguments.index("--svg")
        if at + 1 == len(arguments):
            sys.exit(__doc__)
        directory = pathlib.Path(arguments[at + 1])
        del arguments[at:at + 2]
    if not arguments:
        sys.exit(__doc__)
    for path in map(pathlib.Path, arguments):
        for row in json.loads(path.read_text())["rows"]:
            print(table(row))
            if directory is not None and any("latency_ns" in c for c in row["contenders"]):
                directory.mkdir(parents=True, exist_ok=True)
                name = re.sub(r"[^a-z0-9]+", "-", row["what"].lower()).strip("-")
                (directory / f"{name}.svg").write_text(plot(row))


if __name__ == "__main__":
    main(sys.argv[1:])
