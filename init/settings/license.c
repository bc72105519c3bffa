/* SPDX-License-Identifier: MIT */
#include "settings/license.h"

/*
 * The Makefile defines DINIT_COMPONENTS, which has a line for each library; see
 * tests/components.sh. The LGPL demands in its section 6 that its library is
 * named beside dinit's own copyright, with the way to the LGPL's text, and that
 * everybody who has dinit can link it with a changed library.
 */
const char license_text[] =
    "dinit " DINIT_VERSION ": MIT, (c) 2026 dinit contributors\n"
    "It is linked with:\n" DINIT_COMPONENTS
    "You may change what is under the LGPL, and link dinit with it again.\n"
    "Licenses, notices, and how to link again: dinit-" DINIT_VERSION
    "-NOTICES in the\nrelease, /usr/share/doc/dinit* in images and packages.\n"
    "Sources: dinit-" DINIT_VERSION "-sources.tar.gz in the release.\n";
