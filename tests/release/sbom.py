#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the bill of materials of a released program, in SPDX 2.3:

	sbom.py PROGRAM VERSION COMMIT LIBRARY=VERSION...

Its time is that of the commit: SOURCE_DATE_EPOCH, in seconds.
"""
import datetime
import hashlib
import json
import os
import pathlib
import sys

LICENCES = {
	"dinit": "MIT",
	"musl": "MIT",
	"libcap2": "BSD-3-Clause OR GPL-2.0-only",
	"libseccomp": "LGPL-2.1-only",
	"jansson": "MIT",
}


def identifier(name):
	return f"SPDXRef-{name}"


def package(name, version, **more):
	return {
		"name": name,
		"SPDXID": identifier(name),
		"versionInfo": version,
		"downloadLocation": "NOASSERTION",
		"filesAnalyzed": False,
		"licenseConcluded": LICENCES[name],
		"licenseDeclared": LICENCES[name],
		"copyrightText": "NOASSERTION",
		**more,
	}


def relation(one, kind, other):
	return {"spdxElementId": one, "relationshipType": kind,
	    "relatedSpdxElement": other}


def main():
	program, version, commit, *libraries = sys.argv[1:]
	path = pathlib.Path(program)
	digest = hashlib.sha256(path.read_bytes()).hexdigest()
	created = datetime.datetime.fromtimestamp(
	    int(os.environ.get("SOURCE_DATE_EPOCH", "0")),
	    datetime.timezone.utc)
	linked = [entry.split("=", 1) for entry in libraries]
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
		"packages": [package("dinit", version,
		    packageFileName=path.name,
		    primaryPackagePurpose="APPLICATION",
		    sourceInfo=f"commit {commit}" if commit else "no commit",
		    checksums=[{"algorithm": "SHA256",
		        "checksumValue": digest}]),
		    *(package(name, number) for name, number in linked)],
		"relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES",
		    identifier("dinit")),
		    *(relation(identifier("dinit"), "STATIC_LINK",
		        identifier(name)) for name, _ in linked)],
	}, sys.stdout, indent=1)
	print()


main()
