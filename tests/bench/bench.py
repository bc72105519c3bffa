# SPDX-License-Identifier: MIT
"""Measures dinit against its peers, side by side, and prints a table.

	bench.py FOLDER [ROUNDS]

FOLDER holds driver, app, minimal, filtered and dinit. One round measures each
init once, in an order of its own, so that what the machine does meanwhile meets
all of them alike: ratios count, not times. FOLDER/bench.json and
FOLDER/bench.svg are written too.
"""
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

FOLDER = pathlib.Path(sys.argv[1]).resolve()
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 100
APP = str(FOLDER / "app")
DINIT = str(FOLDER / "dinit")

# The readiness file is on a tmpfs, as where the root is read-only.
GATED = [DINIT, "-q", "--ready-file=/dev/shm/dinit-bench",
    '--health-cmd=["true"]']

# Floors first, then dinit, then its peers as Debian has them. A gated dinit
# looks after a readiness file, which its peers do not.
INITS = {
	"bare": [],
	"minimal": [str(FOLDER / "minimal")],
	"filtered": [str(FOLDER / "filtered")],
	"dinit": [DINIT, "--"],
	"dinit, gated, --monitor=0": [*GATED, "--monitor=0", "--"],
	"dinit, gated": [*GATED, "--"],
	"tini-static": ["/usr/bin/tini-static", "-g", "--"],
	"tini": ["/usr/bin/tini", "-g", "--"],
	"dumb-init": ["/usr/bin/dumb-init", "--"],
	"catatonit": ["/usr/bin/catatonit", "-g", "--"],
}
FLOORS = ("bare", "minimal", "filtered")
OURS = [name for name in INITS if name.startswith("dinit")]
PEERS = [name for name in INITS if name not in FLOORS and name not in OURS]


class Measure:
	"""What the driver does, how often, and what may come out."""

	def __init__(self, title, unit, command, scale=1, rounds=1.0,
	    samples=1, shares=(0.5,)):
		self.title = title
		self.unit = unit
		self.command = command
		self.scale = scale
		self.rounds = max(1, int(ROUNDS * rounds))
		self.samples = samples
		self.shares = shares


MEASURES = [
	Measure("exec of the init to main() of the app", "us",
	    ["start", "APP", "once"], 1000),
	Measure("app's exit to PID 1 gone", "us", ["end", "APP", "later"], 1000),
	Measure("SIGTERM to PID 1 gone, app exits at once", "us",
	    ["stop", "APP", "wait"], 1000),
	Measure("signal relay", "us", ["relay", "50", "APP", "wait"], 1000,
	    rounds=0.8, shares=(0.5, 0.9)),
	Measure("20,000 orphans, one by one: CPU of PID 1 for each", "us",
	    ["orphans", "20000", "APP", "orphans", "20000"], 20_000_000,
	    rounds=0.05),
	Measure("200 times 100 orphans at once: CPU of PID 1 for each", "us",
	    ["orphans", "20000", "APP", "bursts", "200"], 20_000_000,
	    rounds=0.05),
	Measure("100,000 signals, for each", "us",
	    ["storm", "100000", "APP", "wait"], 100_000_000, rounds=0.02),
	Measure("relay with 100 processes in the group", "us",
	    ["relay", "50", "APP", "tree", "100"], 1000, rounds=0.1),
	Measure("PID 1 resident, anonymous", "KiB", ["memory", "0", "APP",
	    "wait"], rounds=0.05, samples=2),
	Measure("page faults until the app runs", "", ["faults", "0", "APP",
	    "wait"], rounds=0.05),
	Measure("wake-ups in 10 s idle", "", ["idle", "10", "APP", "wait"],
	    rounds=0.01),
]


def run_driver(command, init):
	"""The driver's numbers for one container."""
	at = command.index("APP")
	line = [str(FOLDER / "driver"), *command[:at], *init, APP,
	    *command[at + 1:]]
	output = subprocess.run(line, check=True, stdout=subprocess.PIPE,
	    text=True).stdout
	return [int(number) for number in output.split()]


def collect(measure):
	"""All inits, in another order in each round; by init, a list with the
	samples of each round."""
	found = {name: [] for name in INITS}
	names = list(INITS)
	for _ in range(measure.rounds):
		random.shuffle(names)
		for name in names:
			numbers = run_driver(measure.command, INITS[name])
			found[name].append([n / measure.scale for n in numbers])
	return found


def percentile(samples, share):
	ordered = sorted(samples)
	return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summarize(samples, parts):
	"""Median and 90th percentile, or the medians of alternating numbers."""
	if parts > 1:
		return [statistics.median(samples[i::parts])
		    for i in range(parts)]
	return [statistics.median(samples), percentile(samples, 0.9)]


def interval(values):
	"""Of the median with 95 % confidence, by the order of VALUES alone."""
	ordered = sorted(values)
	half = 0.98 * len(ordered) ** 0.5
	first = max(0, int(len(ordered) / 2 - half))
	last = min(len(ordered) - 1, int(len(ordered) / 2 + half))
	return ordered[first], ordered[last]


def best_peer(row):
	return min(PEERS, key=lambda name: row[name][0])


def ratios_to(peer, found, parts, share):
	"""Of each of ours: the median ratio to PEER, with its interval, of what
	the same round gave for both at SHARE of the samples."""
	ratios = {}
	for name in OURS:
		pairs = [(percentile(ours[::parts], share),
		    percentile(peers[::parts], share))
		    for ours, peers in zip(found[name], found[peer])]
		if any(peers == 0 for _, peers in pairs):
			return None
		of_rounds = [ours / peers for ours, peers in pairs]
		ratios[name] = statistics.median(of_rounds), *interval(of_rounds)
	return ratios


def short(value):
	return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def text(values, parts):
	if parts > 1:
		return " / ".join(map(short, values))
	return short(values[0]) + (f" ({short(values[1])})"
	    if values[1] != values[0] else "")


def measure_all():
	rows = []
	for measure in MEASURES:
		print(f"  {measure.title}", file=sys.stderr)
		found = collect(measure)
		row = {name: summarize(sum(samples, []), measure.samples)
		    for name, samples in found.items()}
		ratios = {share: ratios_to(best_peer(row), found,
		    measure.samples, share) for share in measure.shares}
		rows.append((measure, row, ratios))
	return rows


def print_table(rows):
	print("| median (p90) | " + " | ".join(INITS) + " |")
	print("|---" * (len(INITS) + 1) + "|")
	for measure, row, _ in rows:
		cells = [text(row[name], measure.samples) for name in INITS]
		title = measure.title + (f", {measure.unit}" if measure.unit
		    else "")
		print(f"| {title} | " + " | ".join(cells) + " |")


def verdict(ratios):
	"""Of dinit as most people run it: a difference within the interval is
	none."""
	_, low, high = ratios["dinit"]
	return "ahead" if high < 1 else "behind" if low > 1 else "level"


def print_ratios(rows):
	print("\n| to the best peer, with its 95 % interval | peer | "
	    + " | ".join(OURS) + " | |\n" + "|---" * (len(OURS) + 3) + "|")
	for measure, row, by_share in rows:
		for share, ratios in by_share.items():
			if ratios is None:
				continue
			cells = [f"{ratio:.2f} [{low:.2f}, {high:.2f}]" for
			    ratio, low, high in map(ratios.get, OURS)]
			print(f"| {measure.title}, p{100 * share:.0f} | "
			    f"{best_peer(row)} | " + " | ".join(cells)
			    + f" | {verdict(ratios)} |")


# --- The readiness of a starting app ---

def time_to_publish(start_s):
	"""From healthy to published, by dinit and by s6-notifyoncheck, in ms."""
	return {
		"dinit": publish_of_dinit(start_s),
		"s6-notifyoncheck -w 100": publish_of_s6(start_s, 100),
		"s6-notifyoncheck": publish_of_s6(start_s, 1000),
	}


def wait_for(condition):
	until = time.monotonic() + 20
	while not condition():
		if time.monotonic() > until:
			raise TimeoutError
		time.sleep(0.0002)
	return time.monotonic()


def publish_of_dinit(start_s):
	place = FOLDER / "published"
	shutil.rmtree(place, ignore_errors=True)
	place.mkdir()
	up = place / "up"
	process = subprocess.Popen([DINIT, "-q", f"--ready-file={place}/ready",
	    f'--health-cmd=["test", "-f", "{up}"]', "--", "sleep", "60"])
	time.sleep(start_s)
	up.touch()
	healthy = time.monotonic()
	published = wait_for((place / "ready").exists)
	process.terminate()
	process.wait()
	return (published - healthy) * 1000


def publish_of_s6(start_s, pause_ms):
	"""Through s6-supervise, for whom it is; s6-svwait hears of it."""
	place = FOLDER / "published"
	shutil.rmtree(place, ignore_errors=True)
	(place / "data").mkdir(parents=True)
	up = place / "up"
	(place / "notification-fd").write_text("3\n")
	for name, text in (("run", f"#!/bin/sh\nexec s6-notifyoncheck "
	    f"-w {pause_ms} -n 0 -T 0 sleep 60\n"),
	    ("data/check", f"#!/bin/sh\nexec test -f {up}\n")):
		(place / name).write_text(text)
		(place / name).chmod(0o755)
	supervise = subprocess.Popen(["s6-supervise", str(place)])
	wait_for((place / "supervise" / "status").exists)
	waiter = subprocess.Popen(["s6-svwait", "-U", str(place)])
	time.sleep(start_s)
	up.touch()
	healthy = time.monotonic()
	waiter.wait()
	told = time.monotonic()
	subprocess.run(["s6-svc", "-xd", str(place)], check=True)
	supervise.wait()
	return (told - healthy) * 1000


def measure_publishing():
	"""By about when it is healthy; just then would be in step with polls."""
	print("  healthy to published", file=sys.stderr)
	rows = {}
	for start_s in (0.02, 0.1, 0.5, 2):
		samples = {}
		for _ in range(max(1, ROUNDS // 5)):
			about = start_s * random.uniform(0.75, 1.25)
			for name, ms in time_to_publish(about).items():
				samples.setdefault(name, []).append(ms)
		rows[start_s] = {name: statistics.mean(values)
		    for name, values in samples.items()}
	return rows


def print_publishing(rows):
	names = next(iter(rows.values())).keys()
	print("\n| healthy after about | " + " | ".join(names) + " |")
	print("|---" * (len(names) + 1) + "|")
	for start_s, means in rows.items():
		print(f"| {start_s} s: published later by, mean | "
		    + " | ".join(f"{ms:.3g} ms" for ms in means.values()) + " |")


# --- The number of processes ---

SCALE = {
	"relay to a group of N": ("dinit", ["relay", "20", "APP", "tree"]),
	"SIGTERM to a group of N gone": ("dinit", ["stop", "APP", "tree"]),
	"the same, tini-static": ("tini-static", ["stop", "APP", "tree"]),
	"sweep of N leftovers": ("dinit", ["end", "APP", "leave"]),
	"the same, not as PID 1": ("dinit", ["swept", "APP", "leave"]),
}
COUNTS = (1, 10, 100, 1000, 10000)


def measure_scale():
	"""By what and N, the median in us."""
	print("  the number of processes", file=sys.stderr)
	rows = {title: {} for title in SCALE}
	for count in COUNTS:
		for title, (init, command) in SCALE.items():
			samples = [ns / 1000 for _ in range(3)
			    for ns in run_driver([*command, str(count)],
			    INITS[init])]
			rows[title][count] = statistics.median(samples)
	return rows


def print_scale(rows):
	print("\n| N processes, us | " + " | ".join(map(str, COUNTS))
	    + " |\n" + "|---" * (len(COUNTS) + 1) + "|")
	for title, row in rows.items():
		print(f"| {title} | " + " | ".join(f"{us:.0f}"
		    for us in row.values()) + " |")


# --- Idle and monitoring ---

def cpu_of_a_day(options, seconds=20):
	"""CPU of PID 1 in s, from SECONDS of it; its children's is not in it."""
	ns, = run_driver(["cpu", str(seconds), "APP", "wait"],
	    [DINIT, *options, "--"])
	return ns / 1e9 * 86400 / seconds


def measure_days():
	print("  a day of idle, and of monitoring", file=sys.stderr)
	gated = ["-q", f"--ready-file={FOLDER}/day", "--health-cmd=[\"true\"]",
	    "--monitor=0"]
	return {
		"idle": cpu_of_a_day([]),
		"gated, --monitor=0": cpu_of_a_day(gated),
		"--monitor=10s": cpu_of_a_day([*gated, "--monitor=10s"]),
		"--monitor=1s": cpu_of_a_day([*gated, "--monitor=1s"]),
	}


def print_days(row):
	print("\n| a day of | CPU of PID 1, s |\n|---|---|")
	for name, seconds in row.items():
		print(f"| {name} | {seconds:.3f} |")


# --- The end of the grace ---

def measure_grace():
	"""How late PID 1 is gone when the app takes no SIGTERM, in ms."""
	print("  the end of the grace", file=sys.stderr)
	commands = {
		"dinit": [DINIT, "-q", "--grace=100ms", "--"],
		"timeout -k": ["/usr/bin/timeout", "-k", "0.1", "60"],
	}
	samples = {name: [] for name in commands}
	for _ in range(max(2, ROUNDS // 2)):
		for name, init in commands.items():
			late = run_driver(["late", "100", "APP", "stubborn"],
			    init)
			samples[name].append(late[0] / 1_000_000)
	return {name: summarize(values, 1) for name, values in samples.items()}


def print_grace(row):
	print("\n| grace over to gone, ms late: median (p90) | "
	    + " | ".join(row) + " |")
	print("|---" * (len(row) + 1) + "|")
	print("| | " + " | ".join(text(values, 1) for values in row.values())
	    + " |")


# --- What a probe costs ---

PROBES = {
	"dinit --is-ready": [DINIT, "--is-ready", "--ready-file=READY"],
	"test -f (dash)": ["sh", "-c", "test -f READY"],
	"cat": ["cat", "READY"],
	"dinit --probe http": [DINIT, "--probe=http://127.0.0.1:PORT/"],
	"curl": ["curl", "-fso", "/dev/null", "http://127.0.0.1:PORT/"],
	"wget": ["wget", "-qO", "/dev/null", "http://127.0.0.1:PORT/"],
}


def cost(command):
	"""Time in ms, and the largest resident size in KiB."""
	begun = time.monotonic()
	process = subprocess.Popen(["/usr/bin/time", "-f", "%M", *command],
	    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
	output = process.communicate()[1]
	took = (time.monotonic() - begun) * 1000
	return took, int(output.split()[-1])


def measure_probes():
	"""/usr/bin/time is in all of them: by "true" it is subtracted."""
	import http.server
	import threading
	print("  probes", file=sys.stderr)

	class Quiet(http.server.SimpleHTTPRequestHandler):
		def log_message(self, *_):
			pass
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	ready = FOLDER / "ready"
	dinit = subprocess.Popen([DINIT, f"--ready-file={ready}", "--",
	    "sleep", "600"])
	wait_for(ready.exists)
	samples = {name: [] for name in ["true", *PROBES]}
	for _ in range(ROUNDS):
		samples["true"].append(cost(["true"]))
		for name, command in PROBES.items():
			samples[name].append(cost([word.replace("READY",
			    str(ready)).replace("PORT",
			    str(server.server_port)) for word in command]))
	dinit.terminate()
	dinit.wait()
	server.shutdown()
	return {name: [statistics.median(s[i] for s in values)
	    for i in range(2)] for name, values in samples.items()}


def print_probes(rows):
	print("\n| a probe | ms | KiB |\n|---|---|---|")
	for name, (took, size) in rows.items():
		print(f"| {name} | {took:.2f} | {size} |")


# --- Files ---

def print_sizes():
	sizes = {"minimal": FOLDER / "minimal", "dinit": DINIT,
	    "tini-static": "/usr/bin/tini-static", "tini": "/usr/bin/tini",
	    "dumb-init": "/usr/bin/dumb-init",
	    "catatonit": "/usr/bin/catatonit"}
	print("\n| binary | bytes |\n|---|---|")
	for name, path in sizes.items():
		print(f"| {name} | {pathlib.Path(path).stat().st_size} |")


# --- The chart, for README.md in this folder ---

CHART = [
	"exec of the init to main() of the app",
	"SIGTERM to PID 1 gone, app exits at once",
	"app's exit to PID 1 gone",
	"signal relay",
	"20,000 orphans: CPU of PID 1 for each",
	"PID 1 resident, anonymous",
]
COLUMNS, PANEL, LINE, NAMES, BARS = 2, 490, 17, 160, 270
COLOURS = {"bare": "#bbb", "minimal": "#999", "filtered": "#999",
	**{name: "#1a7f37" for name in OURS}}


def draw_bar(name, value, largest, x, y):
	length = BARS * value / largest
	return (f'<text x="{x + NAMES - 8}" y="{y + 11}" text-anchor="end">'
	    f'{name}</text><rect x="{x + NAMES}" y="{y}" '
	    f'width="{length:.1f}" height="{LINE - 3}" '
	    f'fill="{COLOURS.get(name, "#57606a")}"/>'
	    f'<text x="{x + NAMES + length + 5:.1f}" y="{y + 11}">'
	    f'{short(value)}</text>')


def draw_panel(measure, row, x, y):
	"""A bar for each init, as long as it is to the largest of them."""
	largest = max(row[name][0] for name in INITS) or 1
	title = measure.title.replace(", anonymous", "")
	return (f'<text x="{x + NAMES}" y="{y + 11}" font-weight="bold">'
	    f'{title}, {measure.unit}</text>' + "".join(
	    draw_bar(name, row[name][0], largest, x, y + LINE * (i + 1))
	    for i, name in enumerate(INITS)))


def draw(rows):
	"""Panels side by side; less is better in all of them."""
	panels = [row[:2] for row in rows if row[0].title in CHART]
	panels.sort(key=lambda pair: CHART.index(pair[0].title))
	step = LINE * (len(INITS) + 2)
	height = step * -(-len(panels) // COLUMNS) + LINE
	width = PANEL * COLUMNS
	return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
	    f'height="{height}" font-family="sans-serif" font-size="12">'
	    f'<rect width="{width}" height="{height}" fill="#fff"/>'
	    + "\n".join(draw_panel(measure, row, i % COLUMNS * PANEL,
	    i // COLUMNS * step + LINE)
	    for i, (measure, row) in enumerate(panels)) + "</svg>\n")


def main():
	rows = measure_all()
	publishing = measure_publishing()
	scale = measure_scale()
	days = measure_days()
	grace = measure_grace()
	probes = measure_probes()
	print_table(rows)
	print_ratios(rows)
	print_publishing(publishing)
	print_scale(scale)
	print_days(days)
	print_grace(grace)
	print_probes(probes)
	print_sizes()
	(FOLDER / "bench.svg").write_text(draw(rows))
	(FOLDER / "bench.json").write_text(json.dumps({
		"measures": {m.title: row for m, row, _ in rows},
		"ratios": {m.title: ratios for m, _, ratios in rows},
		"published_late_ms": publishing,
		"scale_us": scale,
		"cpu_s_a_day": days,
		"grace_late_ms": grace,
		"probes_ms_kib": probes,
	}, indent=1))


main()
