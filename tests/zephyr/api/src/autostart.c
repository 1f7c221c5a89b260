/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library started by itself. Suites run in the order of their names: this one is the first.
 */
#include "recorder.h"

#include <errno.h>

#include <zephyr/ztest.h>

ZTEST_SUITE(api_1_start, NULL, NULL, NULL, NULL, NULL);

ZTEST(api_1_start, test_1_initialisation)
{
	struct record deferred;

	zassert_true(recorder_expect(LWM2M_CARRIER_EVENT_BSDLIB_INIT).empty);
	zassert_true(recorder_expect(LWM2M_CARRIER_EVENT_CONNECTING).empty);
	zassert_true(recorder_expect(LWM2M_CARRIER_EVENT_CONNECTED).empty);
	/* There is no network, so the bootstrap server is not reached. */
	deferred = recorder_expect(LWM2M_CARRIER_EVENT_DEFERRED);
	zassert_false(deferred.empty);
	zassert_equal(deferred.number, LWM2M_CARRIER_DEFERRED_BOOTSTRAP_NO_ROUTE);
	zassert_between_inclusive(deferred.value, 1, 120);
	recorder_expect_none(K_MSEC(500));
}

ZTEST(api_1_start, test_2_it_is_not_started_twice)
{
	zassert_equal(lwm2m_carrier_init(NULL), -EALREADY);
	recorder_expect_none(K_MSEC(500));
}
