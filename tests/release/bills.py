#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says which packages two builds of a program were made of and by:

	bills.py THEIRS OURS

Both are bills of materials of sbom.py. Says nothing where one is not there.
"""
import json
import sys


def versions(path):
	with open(path, encoding="utf-8") as file:
		return {package["name"]: package["versionInfo"]
		    for package in json.load(file)["packages"]}


def main():
	try:
		theirs, ours = map(versions, sys.argv[1:])
	except FileNotFoundError:
		return
	for name in sorted(theirs.keys() | ours.keys()):
		one, other = theirs.get(name, "none"), ours.get(name, "none")
		if one != other:
			print(f"    {name}: theirs {one}, here {other}")


main()
