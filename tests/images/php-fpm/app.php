<?php
// SPDX-License-Identifier: MIT
// Says hello, at /slow after a second. (A signal would end one long sleep.)
error_log('asked for ' . $_SERVER['REQUEST_URI']);
$end = microtime(true) + ($_SERVER['REQUEST_URI'] === '/slow' ? 1 : 0);
while (microtime(true) < $end)
	usleep(10000);
echo "hello\n";
