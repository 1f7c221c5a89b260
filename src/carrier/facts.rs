//! What the modem said: each value with the moment it was taken, for applications that want to know.
//!
//! Objects keep what they show of it themselves. All of it is behind the Cargo feature `facts`, and each
//! value behind the one that brings its report.

#[cfg(feature = "modem-statistics")]
use crate::modem::Counter;
#[cfg(feature = "pdn-contexts")]
use crate::modem::Pdn;
#[cfg(feature = "power-saving")]
use crate::modem::PowerSaving;
use crate::modem::Report;
#[cfg(feature = "system-mode")]
use crate::modem::SystemMode;
#[cfg(any(feature = "power-saving", feature = "system-mode"))]
use crate::modem::Technology;
use crate::time::Instant;

/// Packet data contexts beside the default one that are remembered: the nRF91 has ten.
#[cfg(feature = "pdn-contexts")]
const CONTEXTS: usize = 10;

/// A value, and when the modem said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// When it was taken.
    pub taken: Instant,
}

/// A fact that may not be there. Not an `Option`: that might have an unused value of `T` for `None`, and
/// what is not there is to be zeros.
#[cfg(any(feature = "power-saving", feature = "pdn-contexts", feature = "system-mode"))]
#[derive(Clone, Copy, Debug)]
struct Told<T> {
    told: bool,
    fact: Fact<T>,
}

#[cfg(any(feature = "power-saving", feature = "pdn-contexts", feature = "system-mode"))]
impl<T: Copy> Told<T> {
    /// Nothing; `zero` is a value that is zeros.
    const fn nothing(zero: T) -> Self {
        Self { told: false, fact: Fact { value: zero, taken: Instant::ZERO } }
    }

    const fn new(value: T, taken: Instant) -> Self {
        Self { told: true, fact: Fact { value, taken } }
    }

    const fn get(&self) -> Option<Fact<T>> {
        if self.told { Some(self.fact) } else { None }
    }
}

/// Extended discontinuous reception as the network gives it.
#[cfg(feature = "power-saving")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edrx {
    /// The cycle, 0 to 15 as 3GPP TS 24.008 table 10.5.5.32 codes it; `None`: none.
    pub cycle: Option<u8>,
    /// The paging time window, coded likewise.
    pub window: Option<u8>,
}

/// What the modem said lately. What it did not say since it started is `None`.
#[derive(Debug)]
pub struct Facts {
    #[cfg(feature = "power-saving")]
    power_saving: Told<Option<PowerSaving>>,
    /// For LTE-M and NB-IoT.
    #[cfg(feature = "power-saving")]
    edrx: [Told<Edrx>; 2],
    /// In the order of [`Counter`].
    #[cfg(feature = "modem-statistics")]
    counts: [Option<Fact<u32>>; 6],
    #[cfg(feature = "modem-statistics")]
    band: Option<Fact<u8>>,
    /// By context identifier, from 1 on.
    #[cfg(feature = "pdn-contexts")]
    contexts: [Told<Pdn>; CONTEXTS],
    #[cfg(feature = "system-mode")]
    system_mode: Told<SystemMode>,
}

impl Facts {
    /// Nothing was said.
    pub(super) const EMPTY: Self = Self {
        #[cfg(feature = "power-saving")]
        power_saving: Told::nothing(None),
        #[cfg(feature = "power-saving")]
        edrx: [Told::nothing(Edrx { cycle: None, window: None }); 2],
        #[cfg(feature = "modem-statistics")]
        counts: [None; 6],
        #[cfg(feature = "modem-statistics")]
        band: None,
        #[cfg(feature = "pdn-contexts")]
        contexts: [Told::nothing(Pdn::Activated); CONTEXTS],
        #[cfg(feature = "system-mode")]
        system_mode: Told::nothing(SystemMode {
            lte_m: false,
            nb_iot: false,
            gnss: false,
            preference: Some(Technology::LteM),
        }),
    };

    /// Takes what a report says, if it is of this kind.
    pub(super) fn take(&mut self, taken: Instant, report: &Report<'_>) {
        let _ = taken;
        match *report {
            #[cfg(feature = "power-saving")]
            Report::PowerSaving(value) => self.power_saving = Told::new(value, taken),
            #[cfg(feature = "power-saving")]
            Report::Edrx { technology, cycle, window } => {
                let value = Edrx { cycle, window };
                self.edrx[usize::from(technology == Technology::NbIot)] = Told::new(value, taken);
            }
            #[cfg(feature = "modem-statistics")]
            Report::Count(counter, value) => {
                if let Some(count) = self.counts.get_mut(counter as usize) {
                    *count = Some(Fact { value, taken });
                }
            }
            #[cfg(feature = "modem-statistics")]
            Report::Band(value) => self.band = Some(Fact { value, taken }),
            #[cfg(feature = "pdn-contexts")]
            Report::Context { context, pdn: value } => {
                let index = usize::from(context).wrapping_sub(1);
                if let Some(known) = self.contexts.get_mut(index) {
                    *known = Told::new(value, taken);
                }
            }
            #[cfg(feature = "system-mode")]
            Report::SystemMode(value) => self.system_mode = Told::new(value, taken),
            _ => {}
        }
    }

    /// The power saving mode that the network gives; its value is `None` when it gives none.
    #[cfg(feature = "power-saving")]
    pub const fn power_saving(&self) -> Option<Fact<Option<PowerSaving>>> {
        self.power_saving.get()
    }

    /// The discontinuous reception that the network gives with a radio technology.
    #[cfg(feature = "power-saving")]
    pub fn edrx(&self, technology: Technology) -> Option<Fact<Edrx>> {
        self.edrx[usize::from(technology == Technology::NbIot)].get()
    }

    /// A counter of what was sent and received since counting began.
    #[cfg(feature = "modem-statistics")]
    pub fn count(&self, counter: Counter) -> Option<Fact<u32>> {
        self.counts.get(counter as usize).copied().flatten()
    }

    /// The LTE band in use, 1 to 88.
    #[cfg(feature = "modem-statistics")]
    pub const fn band(&self) -> Option<Fact<u8>> {
        self.band
    }

    /// What became of a packet data context beside the default one, 1 to 10.
    #[cfg(feature = "pdn-contexts")]
    pub fn context(&self, context: u8) -> Option<Fact<Pdn>> {
        self.contexts.get(usize::from(context).wrapping_sub(1))?.get()
    }

    /// The radio technologies in use.
    #[cfg(feature = "system-mode")]
    pub const fn system_mode(&self) -> Option<Fact<SystemMode>> {
        self.system_mode.get()
    }
}

#[cfg(all(test, feature = "power-saving", feature = "modem-statistics", feature = "pdn-contexts"))]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_the_last_that_was_said_and_knows_when() {
        let mut facts = Facts::EMPTY;
        let at = Instant::from_secs;
        assert_eq!(facts.count(Counter::Sent), None);
        facts.take(at(1), &Report::Count(Counter::Sent, 5));
        facts.take(at(2), &Report::Count(Counter::Received, 7));
        facts.take(at(3), &Report::Count(Counter::Sent, 6));
        assert_eq!(facts.count(Counter::Sent), Some(Fact { value: 6, taken: at(3) }));
        assert_eq!(facts.count(Counter::Received), Some(Fact { value: 7, taken: at(2) }));
        assert_eq!(facts.count(Counter::AveragePacket), None);
        let edrx = |cycle| Report::Edrx { technology: Technology::NbIot, cycle, window: Some(3) };
        facts.take(at(4), &edrx(Some(9)));
        facts.take(at(5), &edrx(None));
        let value = Edrx { cycle: None, window: Some(3) };
        assert_eq!(facts.edrx(Technology::NbIot), Some(Fact { value, taken: at(5) }));
        assert_eq!(facts.edrx(Technology::LteM), None);
        for context in [0, 1, 10, 11, 255] {
            facts.take(at(6), &Report::Context { context, pdn: Pdn::Activated });
        }
        let active = Some(Fact { value: Pdn::Activated, taken: at(6) });
        let known = [0, 1, 2, 10, 11, 255].map(|context| facts.context(context));
        assert_eq!(known, [None, active, None, active, None, None]);
    }
}
