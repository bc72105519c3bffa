# SPDX-License-Identifier: MIT
"""Holds what the tests have run through against what they need not.

	check.py LCOV UNCOVERED

A line of UNCOVERED is "file: function: text of the source line"; those below a
line that begins with "# " share the reason that it gives. It may be covered all
the same: some moments are rare, and clang gets the count of an else by taking
one counter from another, which is wrong for whoever is killed between the two.
"""
import pathlib
import re
import sys


class File:
	"""A source file, and how often its lines and branches were run."""

	def __init__(self, path):
		self.path = path.relative_to(pathlib.Path.cwd())
		self.lines = {}
		self.branches = []
		self.source = path.read_text().split("\n")

	def function(self, number):
		"""The one that a line is in, by the house's way to write one."""
		for line in reversed(self.source[:number]):
			begin = re.match(r"([a-z_]+)\(", line)
			if begin:
				return begin[1]
		return ""

	def key(self, number):
		text = self.source[number - 1].strip()
		return f"{self.path}: {self.function(number)}: {text}"

	def uncovered(self):
		for number, count in self.lines.items():
			if count == 0 and self.source[number - 1].strip("\t{}"):
				yield self.key(number), number


def read(lcov):
	"""geninfo(1) has the format."""
	files = []
	for line in lcov.split("\n"):
		kind, _, rest = line.partition(":")
		if kind == "SF":
			files.append(File(pathlib.Path(rest)))
		elif kind == "DA":
			number, count = map(int, rest.split(",")[:2])
			files[-1].lines[number] = count
		elif kind == "BRDA":
			count = rest.split(",")[3]
			files[-1].branches.append(count not in ("-", "0"))
	return [file for file in files if file.lines]


def print_row(name, lines, branches):
	def share(covered):
		if not covered:
			return "      -"
		return f"{100 * sum(covered) / len(covered):5.1f} %"
	print(f"{name:24} {share(lines)}   {share(branches)}")


def print_table(files):
	print(f"{'':24}   lines  branches")
	for file in files:
		print_row(str(file.path), [count > 0 for count in
		    file.lines.values()], file.branches)
	print_row("all", [count > 0 for file in files
	    for count in file.lines.values()],
	    [taken for file in files for taken in file.branches])


def main(lcov, uncovered):
	files = read(pathlib.Path(lcov).read_text())
	listed = {line for line in pathlib.Path(uncovered).read_text()
	    .split("\n") if line and not line.startswith("#")}
	there = {file.key(number) for file in files for number in file.lines}
	found = dict(entry for file in files for entry in file.uncovered())
	print_table(files)
	for key in sorted(found.keys() - listed):
		print(f"uncovered, without a reason (line {found[key]}): {key}")
	for key in sorted(listed - there):
		print(f"listed, but gone: {key}")
	return not found.keys() <= listed <= there


sys.exit(main(*sys.argv[1:]))
