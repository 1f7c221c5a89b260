/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The header in C++: what the application implements has the names of C.
 */
#include <lwm2m_carrier.h>

#include <zephyr/ztest.h>

static int calls;

int lwm2m_carrier_memory_free_read(void)
{
	calls++;
	return 64;
}

ZTEST_SUITE(api_2_cpp, NULL, NULL, NULL, NULL, NULL);

ZTEST(api_2_cpp, test_the_library_calls_cpp)
{
	lwm2m_carrier_status_t status = {};
	const int before = calls;

	zassert_equal(lwm2m_carrier_status_get(&status), 0);
	zassert_equal(lwm2m_carrier_memory_total_set(128), 0);
	zassert_true(calls > before);
}
