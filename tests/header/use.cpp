/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */

/* The same in C++. */

#include "use.c"
