/* SPDX-License-Identifier: MIT */
/* Takes away what this process could do to files, by Landlock (landlock(7)). */
#ifndef DINIT_LANDLOCK_H
#define DINIT_LANDLOCK_H

/*
 * From here on the calling process and its children can open nothing but what
 * is below the folder PATH, and that for reading only. Files that are open stay
 * open. These processes cannot gain privileges any more either
 * (PR_SET_NO_NEW_PRIVS), which landlock_restrict_self(2) demands.
 *
 * Returns 0; or -errno if the files are not restricted: -ENOSYS or -EOPNOTSUPP
 * where the kernel has no Landlock, or why PATH cannot be opened.
 */
int
landlock_allow_reading_only(const char *path);

#endif
