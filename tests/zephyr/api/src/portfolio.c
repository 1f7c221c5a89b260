/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The Portfolio object, where the build has it, until its table is full.
 */
#include "recorder.h"

#include <errno.h>
#include <string.h>

#include <zephyr/ztest.h>

ZTEST_SUITE(api_2_portfolio, NULL, NULL, NULL, NULL, NULL);

#if defined(CONFIG_CARRIER_OBJECT_PORTFOLIO)
static const char endless[] = { [0 ... 32] = 'x' };

ZTEST(api_2_portfolio, test_1_instances)
{
	zassert_equal(lwm2m_carrier_portfolio_instance_create(0), -EINVAL, "there is the device's");
	zassert_equal(lwm2m_carrier_portfolio_instance_create(UINT16_MAX), -EINVAL);
	for (int i = 1; i < CONFIG_CARRIER_MAX_PORTFOLIO_INSTANCES; i++) {
		zassert_ok(lwm2m_carrier_portfolio_instance_create(i));
		zassert_equal(lwm2m_carrier_portfolio_instance_create(i), -EINVAL);
	}
	zassert_equal(lwm2m_carrier_portfolio_instance_create(1000), -ENOMEM);
}

ZTEST(api_2_portfolio, test_2_identities)
{
	char buffer[8];
	uint16_t len = sizeof(buffer);

	zassert_equal(lwm2m_carrier_identity_write(0, 0, "x"), -EPERM);
	zassert_equal(lwm2m_carrier_identity_write(2, 0, "x"), -ENOENT);
	zassert_equal(lwm2m_carrier_identity_write(1, 4, "x"), -EINVAL);
	zassert_equal(lwm2m_carrier_identity_write(1, 0, NULL), -EINVAL);
	zassert_equal(lwm2m_carrier_identity_write(1, 0, "\xff"), -EINVAL);
	zassert_equal(lwm2m_carrier_identity_write(1, 0, endless), -E2BIG);
	zassert_equal(lwm2m_carrier_identity_read(1, 0, buffer, NULL), -EINVAL);
	zassert_equal(lwm2m_carrier_identity_read(1, 4, buffer, &len), -EINVAL);
	zassert_equal(lwm2m_carrier_identity_read(2, 0, buffer, &len), -ENOENT);
	zassert_equal(lwm2m_carrier_identity_read(1, 0, buffer, &len), -ENOENT);

	zassert_ok(lwm2m_carrier_identity_write(1, 0, "guest"));
	len = 0;
	zassert_ok(lwm2m_carrier_identity_read(1, 0, NULL, &len));
	zassert_equal(len, sizeof("guest"));
	memset(buffer, 'y', sizeof(buffer));
	len = sizeof("guest") - 1;
	zassert_equal(lwm2m_carrier_identity_read(1, 0, buffer, &len), -ENOMEM);
	zassert_equal(len, sizeof("guest"));
	zassert_equal(buffer[0], 'y');
	zassert_ok(lwm2m_carrier_identity_read(1, 0, buffer, &len));
	zassert_str_equal(buffer, "guest");
	zassert_equal(buffer[6], 'y');
}

ZTEST(api_2_portfolio, test_3_the_device_itself)
{
	char buffer[33];
	uint16_t len = sizeof(buffer);

	zassert_ok(lwm2m_carrier_identity_read(0, LWM2M_CARRIER_IDENTITY_ID, buffer, &len));
	zassert_str_equal(buffer, CONFIG_CARRIER_MODEM_IMEI);
}
#else
ZTEST(api_2_portfolio, test_there_is_none)
{
	char buffer[8];
	uint16_t len = sizeof(buffer);

	zassert_equal(lwm2m_carrier_portfolio_instance_create(1), -ENOENT);
	zassert_equal(lwm2m_carrier_identity_write(0, 0, "x"), -ENOENT);
	zassert_equal(lwm2m_carrier_identity_read(0, 0, buffer, &len), -ENOENT);
}
#endif
