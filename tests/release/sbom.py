#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the bill of materials of a released program, in SPDX 2.3:

	sbom.py PROGRAM VERSION COMMIT COMPONENTS TOOL=VERSION...

COMPONENTS is a file of tests/components.sh: what is linked in, by source
packages. A TOOL is a package of which a program has made PROGRAM. The bill's time is that of the
commit: SOURCE_DATE_EPOCH, in seconds.
"""
import datetime
import hashlib
import json
import os
import pathlib
import platform
import sys
import urllib.parse

# What else the authors let choose from, where COMPONENTS has what was chosen.
DECLARED = {"libcap2": "BSD-3-Clause OR GPL-2.0-only"}


def identifier(name):
	return f"SPDXRef-{name}"


def package(name, version, licence, purl, **more):
	return {
		"name": name,
		"SPDXID": identifier(name),
		"versionInfo": version,
		"downloadLocation": "NOASSERTION",
		"filesAnalyzed": False,
		"licenseConcluded": licence,
		"licenseDeclared": DECLARED.get(name, licence),
		"copyrightText": "NOASSERTION",
		"externalRefs": [{
			"referenceCategory": "PACKAGE-MANAGER",
			"referenceType": "purl",
			"referenceLocator": purl,
		}],
		**more,
	}


def distribution_package(name, version, licence, qualifier="", **more):
	"""A package of the distribution that this runs on."""
	system = platform.freedesktop_os_release()
	vendor = system["ID"]
	quoted = urllib.parse.quote(version, safe=":")
	return package(name, version, licence,
	    f"pkg:deb/{vendor}/{name}@{quoted}?{qualifier}"
	    f"distro={system['VERSION_CODENAME']}",
	    supplier=f"Organization: {vendor.capitalize()}", **more)


def linked(line):
	name, version, licence, holder = line.split(maxsplit=3)
	return distribution_package(name, version, licence, "arch=source&",
	    copyrightText=f"(c) {holder}")


def tool(entry):
	return distribution_package(*entry.split("=", 1), "NOASSERTION")


def program(path, version, commit, digest):
	return package("dinit", version, "MIT", f"pkg:generic/dinit@{version}",
	    packageFileName=path.name,
	    primaryPackagePurpose="APPLICATION",
	    supplier="Organization: dinit contributors",
	    copyrightText="(c) dinit contributors",
	    sourceInfo=f"commit {commit}" if commit else "no commit",
	    checksums=[{"algorithm": "SHA256", "checksumValue": digest}])


def relation(one, kind, other):
	return {"spdxElementId": one, "relationshipType": kind,
	    "relatedSpdxElement": other}


def main():
	path = pathlib.Path(sys.argv[1])
	version, commit, components, *tools = sys.argv[2:]
	digest = hashlib.sha256(path.read_bytes()).hexdigest()
	created = datetime.datetime.fromtimestamp(
	    int(os.environ.get("SOURCE_DATE_EPOCH", "0")),
	    datetime.timezone.utc)
	parts = [linked(line) for line in
	    pathlib.Path(components).read_text().splitlines()]
	tools = [tool(entry) for entry in tools]
	dinit = program(path, version, commit, digest)
	json.dump({
		"spdxVersion": "SPDX-2.3",
		"dataLicense": "CC0-1.0",
		"SPDXID": "SPDXRef-DOCUMENT",
		"name": path.name,
		"documentNamespace": f"urn:sha256:{digest}",
		"creationInfo": {
			"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
			"creators": ["Tool: dinit-release"],
		},
		"packages": [dinit, *parts, *tools],
		"relationships": [
			relation("SPDXRef-DOCUMENT", "DESCRIBES", dinit["SPDXID"]),
			*(relation(dinit["SPDXID"], "STATIC_LINK", part["SPDXID"])
			    for part in parts),
			*(relation(one["SPDXID"], "BUILD_TOOL_OF", dinit["SPDXID"])
			    for one in tools),
		],
	}, sys.stdout, indent=1)
	print()


main()
