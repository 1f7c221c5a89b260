//! Object 10, Cellular Connectivity (OMA registry, version 1.1): power saving, and which connections
//! there are.
//!
//! What a server writes is asked of the network through the modem. What the network then gives is
//! what a Read shows: of the timers and parameters, what was asked for where it gives none; of the
//! Active Power Saving Modes, what is active. What is written lasts until the device restarts, or until
//! a Factory Reset.
//!
//! - A PSM Timer of 0 asks for no power saving mode; any other, and an Active Timer, for one. Both
//!   must be exact: a GPRS timer has no other values (3GPP TS 24.008, sections 10.5.7.3, 10.5.7.4a).
//! - eDRX parameters are octet 3 of the information element (24.008, section 10.5.5.32): paging time
//!   window and cycle. Without an octet none are asked for. A modem that cannot ask for a window
//!   leaves it to the network, and 0 there.
//! - A mode that is activated without parameters has [`ACTIVE_TIME`], and [`CYCLE`].
//! - Disable radio period de-registers, turns the radio off for so many minutes, and registers again.
//!
//! Left out, as this device has no source for them: SMSC address (the library sends no short
//! messages), Module activation code, eDRX for Iu and A/Gb mode (LTE is all there is), Release
//! Assistance Indication Usage (it goes with each datagram, as the build says), vendor specific
//! extensions.

use super::Setting;
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use crate::modem::at::is_timer;
use crate::modem::{Command, Error, PowerSaving, Report, Technology};

/// Object ID.
pub const OBJECT: u16 = 10;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const DISABLE_RADIO: u16 = 1;
    pub const PSM_TIMER: u16 = 4;
    pub const ACTIVE_TIMER: u16 = 5;
    pub const EDRX_WB_S1: u16 = 8;
    pub const EDRX_NB_S1: u16 = 9;
    pub const ACTIVATED_PROFILES: u16 = 11;
    pub const SUPPORTED_MODES: u16 = 12;
    pub const ACTIVE_MODES: u16 = 13;
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 1),
    creatable: false,
    resources: &[
        Resource::new(id::DISABLE_RADIO, R | W, Type::Integer).range(0, 65535),
        Resource::new(id::PSM_TIMER, R | W, Type::Integer),
        Resource::new(id::ACTIVE_TIMER, R | W, Type::Integer),
        Resource::new(id::EDRX_WB_S1, R | W, Type::Opaque).range(0, 1),
        Resource::new(id::EDRX_NB_S1, R | W, Type::Opaque).range(0, 1),
        Resource::new(id::ACTIVATED_PROFILES, R, Type::ObjectLink).multiple().mandatory(),
        Resource::new(id::SUPPORTED_MODES, R, Type::Unsigned),
        Resource::new(id::ACTIVE_MODES, R | W, Type::Unsigned).range(0, MODES as u16),
    ],
};

/// Power saving modes: power saving mode, and extended discontinuous reception.
const PSM: u8 = 1;
const EDRX: u8 = 2;
const MODES: u8 = PSM | EDRX;

/// Seconds of the active time where a server activates the power saving mode and names none.
pub const ACTIVE_TIME: u32 = 60;
/// The cycle where a server activates discontinuous reception and names none: 20.48 s, the shortest
/// that both technologies have.
pub const CYCLE: u8 = 2;

/// What the modem is to be told, in this order: power saving mode, then window and cycle of each
/// technology.
const TELL_PSM: u8 = 1;
const WINDOW: u8 = 2;
const CYCLES: u8 = 4;
/// From one technology's bits to the next one's.
const NEXT: usize = 2;
const TECHNOLOGIES: [Technology; 2] = [Technology::LteM, Technology::NbIot];

/// Object 10.
pub struct Cellular {
    /// What servers asked for: seconds of the periodic update and of the active time.
    timers: [Option<u32>; 2],
    /// What the network gives.
    given: Option<PowerSaving>,
    /// Octets for LTE-M and NB-IoT: asked for, and given.
    octets: [Option<u8>; 2],
    given_octets: [Option<u8>; 2],
    /// Modes that servers asked for.
    modes: u8,
    /// Of these the network has said what it gives: [`TELL_PSM`], and [`CYCLES`] of each technology.
    told: u8,
    /// Bit n: Object Instance n of object 11 is connected.
    profiles: u16,
    /// Minutes without radio, as written last; and whether they are still to be done.
    period: u16,
    pause: bool,
    /// What the modem was told, is to be told, is being told.
    asked: u8,
    pending: u8,
    in_hand: u8,
}

impl Cellular {
    /// Nothing asked for, nothing given. All of it is zero.
    pub(crate) const EMPTY: Self = Self {
        timers: [None; 2],
        given: None,
        octets: [None; 2],
        given_octets: [None; 2],
        modes: 0,
        told: 0,
        profiles: 0,
        period: 0,
        pause: false,
        asked: 0,
        pending: 0,
        in_hand: 0,
    };

    /// Takes what the network gives; which resources that changes: bit n is Resource n.
    pub(crate) fn take(&mut self, report: &Report<'_>) -> u32 {
        let active = self.active();
        let mut new = 0;
        match *report {
            Report::PowerSaving(given) => {
                if self.given != given {
                    new = 1 << id::PSM_TIMER | 1 << id::ACTIVE_TIMER;
                }
                self.given = given;
                self.told |= TELL_PSM;
            }
            Report::Edrx { technology, cycle, window } => {
                let index = usize::from(technology == Technology::NbIot);
                let octet = cycle.map(|cycle| window.unwrap_or(0) << 4 | cycle & 15);
                if let Some(given) = self.given_octets.get_mut(index) {
                    new = u32::from(*given != octet) << (id::EDRX_WB_S1 as usize + index);
                    *given = octet;
                }
                self.told |= CYCLES << (index * NEXT);
            }
            _ => {}
        }
        new | u32::from(active != self.active()) << id::ACTIVE_MODES
    }

    /// Says which Object Instances of object 11 are connected; whether those are others than before.
    pub(crate) fn set_profiles(&mut self, profiles: u16) -> bool {
        core::mem::replace(&mut self.profiles, profiles) != profiles
    }

    /// How many minutes the radio is to be off from now on, if at all.
    pub(crate) fn take_pause(&mut self) -> Option<u16> {
        core::mem::take(&mut self.pause).then_some(self.period)
    }

    /// What servers set goes (Factory Reset), and the modem is told that nothing is asked for.
    pub(crate) fn reset(&mut self) {
        (self.timers, self.octets, self.modes) = ([None; 2], [None; 2], 0);
        (self.period, self.pause) = (0, false);
        self.pending = 0;
        self.tell(self.asked);
    }

    /// What is active, as far as the network said; otherwise what was asked for.
    fn active(&self) -> u8 {
        let psm = match self.told & TELL_PSM {
            0 => self.modes & PSM != 0,
            _ => self.given.is_some(),
        };
        let edrx = (0..).zip(&self.given_octets).any(|(index, given)| {
            match self.told & CYCLES << (index * NEXT) {
                0 => self.cycle(index).is_some(),
                _ => given.is_some(),
            }
        });
        u8::from(psm) | u8::from(edrx) << 1
    }

    /// The cycle to ask for.
    fn cycle(&self, index: usize) -> Option<u8> {
        if self.modes & EDRX == 0 {
            return None;
        }
        match self.octets {
            [None, None] => Some(CYCLE),
            octets => octets.get(index)?.map(|octet| octet & 15),
        }
    }

    /// The modem is to be told these; what the network gave counts no more.
    fn tell(&mut self, what: u8) {
        self.pending |= what;
        self.told &= !what;
        if what & TELL_PSM != 0 {
            self.given = None;
        }
        for (index, given) in self.given_octets.iter_mut().enumerate() {
            if what & CYCLES << (index * NEXT) != 0 {
                *given = None;
            }
        }
    }

    fn write_octet(&mut self, index: usize, octet: Option<u8>) {
        let Some(known) = self.octets.get_mut(index) else { return };
        let had = core::mem::replace(known, octet).is_some();
        if let Some(octet) = octet {
            self.modes |= EDRX;
            // A window of 0 is one, too; whoever never named another leaves that to the network.
            if octet >> 4 != 0 || self.asked & WINDOW << (index * NEXT) != 0 {
                self.pending |= WINDOW << (index * NEXT);
            }
        } else if self.octets == [None; 2] {
            self.modes &= !EDRX;
        }
        if had || octet.is_some() {
            self.tell(CYCLES << (index * NEXT));
        }
    }
}

impl Setting for Cellular {
    fn wants(&self) -> bool {
        self.pending != 0
    }

    fn begin(&mut self) -> bool {
        let begun = super::lowest(&mut self.pending, &mut self.in_hand);
        self.asked |= self.in_hand;
        begun
    }

    fn command(&self) -> Option<Command<'_>> {
        if self.in_hand == TELL_PSM {
            let [periodic, active] = self.timers;
            return Some(Command::SetPowerSaving((self.modes & PSM != 0).then(|| PowerSaving {
                active_time: active.unwrap_or(ACTIVE_TIME),
                periodic_update: periodic.unwrap_or(0),
            })));
        }
        (0..).zip(TECHNOLOGIES).find_map(|(index, technology)| {
            let octet = self.octets.get(index).copied().flatten().unwrap_or(0);
            match self.in_hand >> (index * NEXT) {
                WINDOW => Some(Command::SetPagingWindow { technology, window: octet >> 4 }),
                CYCLES => Some(Command::SetEdrx { technology, cycle: self.cycle(index) }),
                _ => None,
            }
        })
    }

    fn over(&mut self, result: Result<(), Error>) -> u32 {
        let done = result.is_ok();
        let refused = core::mem::take(&mut self.in_hand);
        // What was written again meanwhile is tried, too.
        if done || refused == 0 || self.pending & refused != 0 {
            return 0;
        }
        self.asked &= !refused;
        if refused == TELL_PSM {
            self.timers = [None; 2];
            self.modes &= !PSM;
            return 1 << id::PSM_TIMER | 1 << id::ACTIVE_TIMER | 1 << id::ACTIVE_MODES;
        }
        let mut new = 1 << id::ACTIVE_MODES;
        for (index, octet) in self.octets.iter_mut().enumerate() {
            match refused >> (index * NEXT) {
                WINDOW => *octet = octet.map(|octet| octet & 15),
                CYCLES => *octet = None,
                _ => continue,
            }
            new |= 1 << (usize::from(id::EDRX_WB_S1) + index);
        }
        if self.octets == [None; 2] {
            self.modes &= !EDRX;
        }
        new
    }

    fn lost(&mut self) {
        self.pending |= self.asked;
        self.in_hand = 0;
        (self.given, self.given_octets, self.told) = (None, [None; 2], 0);
    }
}

impl Object for Cellular {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, _: &Path, index: usize) -> Option<u16> {
        (0..16).filter(|profile| self.profiles >> profile & 1 != 0).nth(index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let [periodic, active] = self.timers;
        let octet = |index: usize| {
            let octet = [&self.given_octets, &self.octets]
                .into_iter()
                .find_map(|octets| octets.get(index)?.as_ref())?;
            Some(Value::Opaque(core::slice::from_ref(octet)))
        };
        let number = match path.id(2)? {
            id::DISABLE_RADIO => self.period.into(),
            id::PSM_TIMER => self.given.map(|given| given.periodic_update).or(periodic)?,
            id::ACTIVE_TIMER => self.given.map(|given| given.active_time).or(active)?,
            id::EDRX_WB_S1 => return octet(0),
            id::EDRX_NB_S1 => return octet(1),
            id::ACTIVATED_PROFILES => {
                let profile = path.id(3)?;
                let there = self.profiles.checked_shr(profile.into())? & 1 != 0;
                return there.then_some(match cfg!(feature = "apn-profiles") {
                    true => Value::ObjectLink(11, profile),
                    // It has a connection, and no object that describes it.
                    false => Value::ObjectLink(u16::MAX, u16::MAX),
                });
            }
            id::SUPPORTED_MODES => return Some(Value::Unsigned(MODES.into())),
            _ => return Some(Value::Unsigned(self.active().into())),
        };
        Some(Value::Integer(number.into()))
    }

    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        let exact = |periodic| super::number(value).is_some_and(|n| is_timer(n, periodic));
        let fits = match path.id(2) {
            Some(id::PSM_TIMER) => exact(true),
            Some(id::ACTIVE_TIMER) => exact(false),
            // The table has the ranges of the others.
            _ => true,
        };
        if fits { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        let active = self.active();
        let number = super::number(value).unwrap_or(0);
        let octet = match *value {
            Value::Opaque(octets) => octets.first().copied(),
            _ => None,
        };
        let [periodic, active_time] = &mut self.timers;
        match path.id(2) {
            Some(id::DISABLE_RADIO) => {
                self.period = number as u16;
                self.pause = number > 0;
            }
            Some(id::PSM_TIMER) => {
                *periodic = Some(number);
                self.modes &= !PSM;
                self.modes |= u8::from(number > 0);
                self.tell(TELL_PSM);
            }
            Some(id::ACTIVE_TIMER) => {
                *active_time = Some(number);
                self.modes |= PSM;
                self.tell(TELL_PSM);
            }
            Some(id::EDRX_WB_S1) => self.write_octet(0, octet),
            Some(id::EDRX_NB_S1) => self.write_octet(1, octet),
            _ => {
                self.modes = number as u8;
                self.tell(TELL_PSM | CYCLES | CYCLES << NEXT);
            }
        }
        if self.active() != active {
            context.changed(Path::resource(OBJECT, 0, id::ACTIVE_MODES));
        }
        Ok(())
    }

    fn clear(&mut self, path: &Path, _: &mut Context) {
        let [periodic, active] = &mut self.timers;
        let timer = match path.id(2) {
            Some(id::PSM_TIMER) => periodic,
            Some(id::ACTIVE_TIMER) => active,
            Some(id::EDRX_WB_S1) => return self.write_octet(0, None),
            Some(id::EDRX_NB_S1) => return self.write_octet(1, None),
            Some(id::ACTIVE_MODES) => {
                if core::mem::take(&mut self.modes) != 0 {
                    self.tell(TELL_PSM | CYCLES | CYCLES << NEXT);
                }
                return;
            }
            _ => return self.period = 0,
        };
        if timer.take().is_some() {
            self.tell(TELL_PSM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(resource: u16) -> Path {
        Path::resource(OBJECT, 0, resource)
    }

    fn write(cellular: &mut Cellular, resource: u16, value: Value<'_>) {
        cellular.accepts(&path(resource), &value).expect("accepted");
        cellular.write(&path(resource), &value, &mut Context::new(1)).expect("written");
    }

    /// What the modem is told, each time with this success.
    fn told(cellular: &mut Cellular, done: bool) -> heapless::Vec<Command<'static>, 8> {
        let mut told = heapless::Vec::new();
        while cellular.begin() {
            let command = match cellular.command() {
                Some(Command::SetPowerSaving(wanted)) => Command::SetPowerSaving(wanted),
                Some(Command::SetEdrx { technology, cycle }) => {
                    Command::SetEdrx { technology, cycle }
                }
                Some(Command::SetPagingWindow { technology, window }) => {
                    Command::SetPagingWindow { technology, window }
                }
                other => panic!("{other:?}"),
            };
            told.push(command).unwrap();
            cellular.over(if done { Ok(()) } else { Err(Error::Refused) });
        }
        told
    }

    fn psm(periodic_update: u32, active_time: u32) -> Command<'static> {
        Command::SetPowerSaving(Some(PowerSaving { active_time, periodic_update }))
    }

    fn edrx(technology: Technology, cycle: Option<u8>) -> Command<'static> {
        Command::SetEdrx { technology, cycle }
    }

    #[test]
    fn timers_are_exact_or_refused() {
        let cellular = Cellular::EMPTY;
        let fits =
            |resource, seconds| cellular.accepts(&path(resource), &Value::Integer(seconds)).is_ok();
        // Units of 2 s, 30 s, 1 min, 10 min, 1 h, 10 h, 320 h; up to 31 of each.
        for seconds in [0, 2, 62, 90, 930, 960, 1860, 2400, 18_600, 21_600, 111_600, 144_000] {
            assert!(fits(id::PSM_TIMER, seconds), "{seconds}");
        }
        for seconds in [-2, 1, 64, 91, 990, 1920, 115_200, 35_712_001, 4_294_967_296] {
            assert!(!fits(id::PSM_TIMER, seconds), "{seconds}");
        }
        assert!(fits(id::PSM_TIMER, 35_712_000));
        for seconds in [0, 2, 62, 120, 1860, 2160, 11_160] {
            assert!(fits(id::ACTIVE_TIMER, seconds), "{seconds}");
        }
        for seconds in [-1, 3, 90, 1920, 11_520] {
            assert!(!fits(id::ACTIVE_TIMER, seconds), "{seconds}");
        }
    }

    #[test]
    fn timers_are_asked_of_the_network_and_what_it_gives_is_shown() {
        let mut cellular = Cellular::EMPTY;
        assert_eq!(cellular.read(&path(id::PSM_TIMER)), None);
        write(&mut cellular, id::PSM_TIMER, Value::Integer(86_400));
        assert_eq!(told(&mut cellular, true), [psm(86_400, ACTIVE_TIME)]);
        write(&mut cellular, id::ACTIVE_TIMER, Value::Integer(120));
        assert_eq!(told(&mut cellular, true), [psm(86_400, 120)]);
        assert_eq!(cellular.read(&path(id::PSM_TIMER)), Some(Value::Integer(86_400)));
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(1)));
        let given = PowerSaving { active_time: 60, periodic_update: 3600 };
        let timers = 1 << id::PSM_TIMER | 1 << id::ACTIVE_TIMER;
        assert_eq!(cellular.take(&Report::PowerSaving(Some(given))), timers);
        assert_eq!(cellular.take(&Report::PowerSaving(Some(given))), 0);
        assert_eq!(cellular.read(&path(id::PSM_TIMER)), Some(Value::Integer(3600)));
        // The network takes it back: asked for it still is.
        assert_eq!(cellular.take(&Report::PowerSaving(None)), timers | 1 << id::ACTIVE_MODES);
        assert_eq!(cellular.read(&path(id::ACTIVE_TIMER)), Some(Value::Integer(120)));
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(0)));
        write(&mut cellular, id::PSM_TIMER, Value::Integer(0));
        assert_eq!(told(&mut cellular, true), [Command::SetPowerSaving(None)]);
    }

    #[test]
    fn parameters_of_reception_are_one_octet_for_each_technology() {
        let mut cellular = Cellular::EMPTY;
        write(&mut cellular, id::EDRX_WB_S1, Value::Opaque(&[0x35]));
        let window = Command::SetPagingWindow { technology: Technology::LteM, window: 3 };
        assert_eq!(told(&mut cellular, true), [window, edrx(Technology::LteM, Some(5))]);
        write(&mut cellular, id::EDRX_NB_S1, Value::Opaque(&[0x09]));
        assert_eq!(told(&mut cellular, true), [edrx(Technology::NbIot, Some(9))]);
        assert_eq!(cellular.read(&path(id::EDRX_NB_S1)), Some(Value::Opaque(&[9])));
        let (technology, cycle) = (Technology::LteM, Some(4));
        let new = cellular.take(&Report::Edrx { technology, cycle, window: Some(1) });
        assert_eq!(new, 1 << id::EDRX_WB_S1);
        assert_eq!(cellular.read(&path(id::EDRX_WB_S1)), Some(Value::Opaque(&[0x14])));
        // None are asked for any more.
        write(&mut cellular, id::EDRX_WB_S1, Value::Opaque(&[]));
        assert_eq!(told(&mut cellular, true), [edrx(Technology::LteM, None)]);
        assert_eq!(cellular.read(&path(id::EDRX_WB_S1)), None);
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(2)));
        write(&mut cellular, id::ACTIVE_MODES, Value::Unsigned(0));
        let off = [
            Command::SetPowerSaving(None),
            edrx(Technology::LteM, None),
            edrx(Technology::NbIot, None),
        ];
        assert_eq!(told(&mut cellular, true), off);
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(0)));
    }

    #[test]
    fn a_mode_without_parameters_has_defaults() {
        let mut cellular = Cellular::EMPTY;
        write(&mut cellular, id::ACTIVE_MODES, Value::Unsigned(3));
        let both = TECHNOLOGIES.map(|technology| edrx(technology, Some(CYCLE)));
        assert_eq!(told(&mut cellular, true), [psm(0, ACTIVE_TIME), both[0], both[1]]);
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(3)));
    }

    #[test]
    fn what_the_modem_refuses_is_taken_back() {
        let mut cellular = Cellular::EMPTY;
        write(&mut cellular, id::PSM_TIMER, Value::Integer(3600));
        write(&mut cellular, id::EDRX_WB_S1, Value::Opaque(&[0x35]));
        assert_eq!(told(&mut cellular, false).len(), 3);
        for resource in [id::PSM_TIMER, id::EDRX_WB_S1] {
            assert_eq!(cellular.read(&path(resource)), None);
        }
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(0)));
        // Not every modem has windows.
        write(&mut cellular, id::EDRX_WB_S1, Value::Opaque(&[0x35]));
        assert!(cellular.begin());
        cellular.over(Err(Error::Unsupported));
        assert_eq!(told(&mut cellular, true), [edrx(Technology::LteM, Some(5))]);
        assert_eq!(cellular.read(&path(id::EDRX_WB_S1)), Some(Value::Opaque(&[5])));
    }

    #[test]
    fn a_modem_that_restarts_is_told_again() {
        let mut cellular = Cellular::EMPTY;
        write(&mut cellular, id::PSM_TIMER, Value::Integer(3600));
        write(&mut cellular, id::EDRX_NB_S1, Value::Opaque(&[5]));
        let all = told(&mut cellular, true);
        cellular.lost();
        assert_eq!(told(&mut cellular, true), all);
    }

    #[test]
    fn replacing_the_instance_leaves_nothing_asked_for() {
        let mut cellular = Cellular::EMPTY;
        write(&mut cellular, id::PSM_TIMER, Value::Integer(3600));
        write(&mut cellular, id::EDRX_NB_S1, Value::Opaque(&[5]));
        told(&mut cellular, true);
        for resource in DEFINITION.resources.iter().filter(|resource| resource.is_writable()) {
            cellular.clear(&path(resource.id), &mut Context::new(1));
        }
        write(&mut cellular, id::EDRX_WB_S1, Value::Opaque(&[4]));
        let off = [
            Command::SetPowerSaving(None),
            edrx(Technology::LteM, Some(4)),
            edrx(Technology::NbIot, None),
        ];
        assert_eq!(told(&mut cellular, true), off);
    }

    #[test]
    fn a_factory_reset_leaves_nothing_asked_for() {
        let mut cellular = Cellular::EMPTY;
        cellular.reset();
        assert!(!cellular.wants());
        write(&mut cellular, id::PSM_TIMER, Value::Integer(3600));
        write(&mut cellular, id::EDRX_WB_S1, Value::Opaque(&[0x35]));
        told(&mut cellular, true);
        let given = PowerSaving { active_time: 60, periodic_update: 3600 };
        cellular.take(&Report::PowerSaving(Some(given)));
        write(&mut cellular, id::EDRX_NB_S1, Value::Opaque(&[5]));
        write(&mut cellular, id::DISABLE_RADIO, Value::Integer(5));
        cellular.reset();
        // Of NB-IoT it was never told.
        let off = [
            Command::SetPowerSaving(None),
            Command::SetPagingWindow { technology: Technology::LteM, window: 0 },
            edrx(Technology::LteM, None),
        ];
        assert_eq!(told(&mut cellular, true), off);
        for resource in [id::PSM_TIMER, id::ACTIVE_TIMER, id::EDRX_WB_S1, id::EDRX_NB_S1] {
            assert_eq!(cellular.read(&path(resource)), None);
        }
        assert_eq!(cellular.read(&path(id::ACTIVE_MODES)), Some(Value::Unsigned(0)));
        assert_eq!(cellular.read(&path(id::DISABLE_RADIO)), Some(Value::Integer(0)));
        assert_eq!(cellular.take_pause(), None);
    }

    #[test]
    fn connected_profiles_are_links() {
        let mut cellular = Cellular::EMPTY;
        assert!(cellular.set_profiles(0b1001) && !cellular.set_profiles(0b1001));
        let at = path(id::ACTIVATED_PROFILES);
        let instances: [_; 3] = core::array::from_fn(|at_| cellular.resource_instance(&at, at_));
        assert_eq!(instances, [Some(0), Some(3), None]);
        let third = Path::resource_instance(OBJECT, 0, id::ACTIVATED_PROFILES, 3);
        assert!(matches!(cellular.read(&third), Some(Value::ObjectLink(11 | u16::MAX, _))));
    }
}
