/* SPDX-License-Identifier: MIT */
/* What --license prints. */
#ifndef DINIT_LICENSE_H
#define DINIT_LICENSE_H

/*
 * Lines that say under which licenses dinit and all that is linked into it are,
 * in which versions, and where their texts and the sources are.
 */
extern const char license_text[];

#endif
