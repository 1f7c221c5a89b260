/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The partition that a firmware image is received into, from its start to its end.
 */
#include <errno.h>
#include <string.h>

#include <zephyr/devicetree.h>
#include <zephyr/sys/util.h>

#include "shim.h"

#define NODE DT_COMPAT_GET_ANY_STATUS_OKAY(lwm2m_carrier)

#if defined(CONFIG_CARRIER_FIRMWARE_SLOT)
#include <zephyr/drivers/flash.h>
#include <zephyr/storage/flash_map.h>

BUILD_ASSERT(DT_NODE_HAS_PROP(NODE, firmware_slot),
	     "CONFIG_CARRIER_FIRMWARE_SLOT needs a node with compatible = \"lwm2m-carrier\" and a "
	     "firmware-slot in the devicetree");

#define SLOT DT_FIXED_PARTITION_ID(DT_PHANDLE(NODE, firmware_slot))

/* The largest unit that a flash may be written in. */
#define UNIT 32

/* Each page is erased when the image comes to it: to erase a whole slot takes seconds. */
static int erase_pages(const struct flash_area *area, uint32_t offset, size_t len)
{
	const off_t end = area->fa_off + offset + len;
	off_t at = area->fa_off + offset;

	while (at < end) {
		struct flash_pages_info page;
		int err = flash_get_page_info_by_offs(flash_area_get_device(area), at, &page);

		if (err == 0 && page.start_offset == at) {
			err = flash_area_erase(area, at - area->fa_off, page.size);
		}
		if (err < 0) {
			return err;
		}
		at = page.start_offset + page.size;
	}
	return 0;
}

static int write_padded(const struct flash_area *area, uint32_t offset, const uint8_t *bytes,
			size_t len)
{
	const size_t unit = flash_area_align(area);
	const size_t whole = ROUND_DOWN(len, unit);
	uint8_t last[UNIT];
	int err = 0;

	if (unit > sizeof(last) || offset % unit != 0) {
		return -EINVAL;
	}
	if (whole > 0) {
		err = flash_area_write(area, offset, bytes, whole);
	}
	if (err == 0 && whole < len) {
		memset(last, flash_area_erased_val(area), unit);
		memcpy(last, bytes + whole, len - whole);
		err = flash_area_write(area, offset + whole, last, unit);
	}
	return err;
}

size_t carrier_slot_size(void)
{
	return DT_REG_SIZE(DT_PHANDLE(NODE, firmware_slot));
}

int carrier_slot_write(uint32_t offset, const void *bytes, size_t len)
{
	const struct flash_area *area;
	int err = flash_area_open(SLOT, &area);

	if (err < 0) {
		return err;
	}
	err = erase_pages(area, offset, len);
	if (err == 0) {
		err = write_padded(area, offset, bytes, len);
	}
	flash_area_close(area);
	return err;
}

int carrier_slot_read(uint32_t offset, void *bytes, size_t len)
{
	const struct flash_area *area;
	int err = flash_area_open(SLOT, &area);

	if (err < 0) {
		return err;
	}
	err = flash_area_read(area, offset, bytes, len);
	flash_area_close(area);
	return err;
}
#else
size_t carrier_slot_size(void)
{
	return 0;
}

int carrier_slot_write(uint32_t offset, const void *bytes, size_t len)
{
	ARG_UNUSED(offset);
	ARG_UNUSED(bytes);
	ARG_UNUSED(len);
	return -ENODEV;
}

int carrier_slot_read(uint32_t offset, void *bytes, size_t len)
{
	ARG_UNUSED(offset);
	ARG_UNUSED(bytes);
	ARG_UNUSED(len);
	return -ENODEV;
}
#endif
