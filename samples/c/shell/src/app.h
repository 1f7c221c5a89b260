/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef APP_H_
#define APP_H_

#include <lwm2m_carrier.h>
#include <zephyr/shell/shell.h>

/* Reads the settings into a configuration; its texts stay where they are. */
void app_config_load(lwm2m_carrier_config_t *config);

/* Says what came of a call of the library, and passes its result on. */
int app_result(const struct shell *sh, int result);

/* Reads a number; false, and the command's usage on the shell, when it is none or out of range. */
bool app_number(const struct shell *sh, const char *text, int32_t min, int32_t max, int32_t *number);

#endif /* APP_H_ */
