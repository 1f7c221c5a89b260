/*
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The event handler of all these tests: it keeps what it is told, and does what a test asks it to do.
 */
#ifndef RECORDER_H_
#define RECORDER_H_

#include <lwm2m_carrier.h>

#include <zephyr/kernel.h>

/* An event as it came. */
struct record {
	uint32_t type;
	/* The data that goes with it; zeros where there is none. */
	uint32_t number;
	int32_t value;
	/* The pointer to it was NULL. */
	bool empty;
	/* The thread that it came on. */
	k_tid_t thread;
};

/* What the handler returns for LWM2M_CARRIER_EVENT_REBOOT. */
extern int recorder_answer;

/* The handler does not return until recorder_release(). */
void recorder_hold(void);
void recorder_release(void);

/* The next event that no test has taken yet. The test fails when none comes. */
struct record recorder_next(void);

/* The next event is of this type. */
struct record recorder_expect(uint32_t type);

/* No event comes in this time. */
void recorder_expect_none(k_timeout_t time);

/* How often the library rebooted the device. */
int reboots(void);

/* What a test begins with: the library has come as far as it can, and all of that is taken. */
void settle(void);

/* Asks the library for something. */
void request(int what);

#endif /* RECORDER_H_ */
