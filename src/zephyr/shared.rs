//! What several threads use, under one lock: the core, and the events on their way to the
//! application.

use super::os;
use crate::capacity::setting;
use crate::carrier::{Carrier, Event};
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};
use heapless::Deque;

/// The application's function for events. What it returns matters for [`Event::Reboot`]: 0 lets
/// the library reboot, anything else says that the application does it when it is ready.
pub type Handler = fn(&Event<'_>) -> i32;

/// Events that wait for the application.
const EVENTS: usize = setting(option_env!("CARRIER_EVENT_QUEUE_SIZE"), 16);

/// What the lock guards.
pub(super) struct Shared {
    /// The core. Before it is configured it does nothing.
    pub(super) carrier: Carrier<'static>,
    pub(super) configured: bool,
    pub(super) events: Deque<Event<'static>, EVENTS>,
    /// A Rust application's; a C application has a function of a known name.
    pub(super) handler: Option<Handler>,
    /// What `lwm2m_carrier_init` returns, once it is known.
    pub(super) result: Option<i32>,
    /// A thread carries out what the core says.
    pub(super) driven: bool,
}

/// A static that a guard gives access to.
pub(super) struct Place<T>(UnsafeCell<T>);

// SAFETY: a place is reached through a guard, and there is one guard at a time.
unsafe impl<T> Sync for Place<T> {}

impl<T> Place<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// What is there.
    ///
    /// # Safety
    /// One reference at a time: the caller has the lock, or something as good.
    #[expect(clippy::mut_from_ref, reason = "that is the point of a cell")]
    pub(super) unsafe fn get(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.get() }
    }

    /// What is there, to be looked at.
    ///
    /// # Safety
    /// Nobody has it from [`Place::get`], and the caller has the lock.
    pub(super) unsafe fn peek(&self) -> &T {
        // SAFETY: the caller's promise.
        unsafe { &*self.0.get() }
    }
}

static SHARED: Place<Shared> = Place::new(Shared {
    carrier: Carrier::EMPTY,
    configured: false,
    events: Deque::new(),
    handler: None,
    result: None,
    driven: false,
});

/// Somebody has the lock: the system's own lets a thread in twice.
static HELD: AtomicBool = AtomicBool::new(false);

/// The lock, held.
pub(super) struct Guard(());

/// Takes the lock.
///
/// To take it twice stops the system: an object of the application must not call the library while
/// the library calls it.
pub(super) fn lock() -> Guard {
    os::lock();
    if HELD.load(Ordering::Relaxed) {
        os::panic();
    }
    HELD.store(true, Ordering::Relaxed);
    Guard(())
}

impl Drop for Guard {
    fn drop(&mut self) {
        HELD.store(false, Ordering::Relaxed);
        os::unlock();
    }
}

impl Deref for Guard {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        // SAFETY: this guard has the lock, and gives the reference for its own lifetime.
        unsafe { SHARED.get() }
    }
}

impl DerefMut for Guard {
    fn deref_mut(&mut self) -> &mut Shared {
        // SAFETY: as above.
        unsafe { SHARED.get() }
    }
}
