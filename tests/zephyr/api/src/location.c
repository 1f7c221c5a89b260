/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The Location object, where the build has it.
 */
#include <lwm2m_carrier.h>

#include <errno.h>
#include <math.h>

#include <zephyr/ztest.h>

/* Zephyr's minimal C library has none. */
#ifndef NAN
#define NAN __builtin_nanf("")
#endif

ZTEST_SUITE(api_2_location, NULL, NULL, NULL, NULL, NULL);

ZTEST(api_2_location, test_position_and_velocity)
{
	if (!IS_ENABLED(CONFIG_CARRIER_OBJECT_LOCATION)) {
		zassert_equal(lwm2m_carrier_location_set(0, 0, 0, 0, 0), -ENOENT);
		zassert_equal(lwm2m_carrier_velocity_set(0, 0, 0, 0, 0), -ENOENT);
		return;
	}
	zassert_ok(lwm2m_carrier_location_set(-90, 180, NAN, 1700000000, NAN));
	zassert_ok(lwm2m_carrier_location_set(59.3, 18.1, 28.5f, 1700000000, 5));
	zassert_equal(lwm2m_carrier_location_set(59.3, 18.1, NAN, 1699999999, NAN), -EINVAL);
	zassert_equal(lwm2m_carrier_location_set(90.1, 0, NAN, UINT32_MAX, NAN), -EINVAL);
	zassert_equal(lwm2m_carrier_location_set(NAN, 0, NAN, UINT32_MAX, NAN), -EINVAL);
	zassert_equal(lwm2m_carrier_location_set(0, 0, NAN, UINT32_MAX, -1), -EINVAL);
	zassert_ok(lwm2m_carrier_velocity_set(359, 1.5f, NAN, NAN, NAN));
	zassert_ok(lwm2m_carrier_velocity_set(0, 0, -1, 0.5f, 0.5f));
	zassert_equal(lwm2m_carrier_velocity_set(360, 1, NAN, NAN, NAN), -EINVAL);
	zassert_equal(lwm2m_carrier_velocity_set(-1, 1, NAN, NAN, NAN), -EINVAL);
	zassert_equal(lwm2m_carrier_velocity_set(0, NAN, NAN, NAN, NAN), -EINVAL);
}
