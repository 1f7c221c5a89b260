//! What servers set of the modem through the objects Connectivity Statistics (7), Cellular
//! Connectivity (10) and APN Connection Profile (11), and what the modem reports for these.
//!
//! A Write changes the object, which then wants the modem to be told; that happens as soon as the
//! answer is out, one command at a time, while the link is up. What the modem refuses, the object
//! takes back, and observers are told. A modem that restarted is told everything again.

use super::link::Link;
use super::machine::Carrier;
#[cfg(feature = "cellular")]
use super::stage::{Next, Stage};
use super::tasks::Task;
use crate::lwm2m::Objects;
use crate::lwm2m::object::Object;
use crate::lwm2m::objects::Setting;
#[cfg(feature = "apn-profiles")]
use crate::lwm2m::{Path, objects::apn};
#[cfg(any(feature = "cellular", feature = "apn-profiles"))]
use crate::modem::Pdn;
use crate::modem::{Command, Error, Report};

/// How many objects there are.
const COUNT: usize = cfg!(feature = "connectivity-statistics") as usize
    + cfg!(feature = "cellular") as usize
    + cfg!(feature = "apn-profiles") as usize;

/// An object that is both.
pub(super) trait Settable: Setting + Object {}
impl<T: Setting + Object> Settable for T {}

fn settable<'o>(objects: &'o mut Objects<'_>) -> [&'o mut dyn Settable; COUNT] {
    [
        #[cfg(feature = "connectivity-statistics")]
        &mut objects.statistics,
        #[cfg(feature = "cellular")]
        &mut objects.cellular,
        #[cfg(feature = "apn-profiles")]
        &mut objects.apn_profiles,
    ]
}

impl Carrier<'_> {
    /// Asks for a turn if the modem is to be told something, and it is the time for that.
    pub(super) fn settle(&mut self) -> bool {
        #[cfg(feature = "cellular")]
        if let Some(minutes) = self.client.objects.cellular.take_pause()
            && self.stage == Stage::Serving
        {
            self.leave(Next::Pause(minutes));
            return true;
        }
        let due = self.link == Link::Up
            && !self.tasks.is_pending(Task::Setting)
            && settable(&mut self.client.objects).iter().any(|object| object.wants());
        if due {
            self.tasks.push(Task::Setting);
        }
        due
    }

    /// Takes the next setting in hand.
    pub(super) fn begin_setting(&mut self) {
        // Of the first object that has one; that is the only one that then has a command.
        let _ = settable(&mut self.client.objects).iter_mut().any(|object| object.begin());
    }

    /// The command that tells the setting in hand.
    pub(super) fn setting(&self) -> Command<'_> {
        let objects = &self.client.objects;
        let command = None;
        #[cfg(feature = "connectivity-statistics")]
        let command = command.or_else(|| objects.statistics.command());
        #[cfg(feature = "cellular")]
        let command = command.or_else(|| objects.cellular.command());
        #[cfg(feature = "apn-profiles")]
        let command = command.or_else(|| objects.apn_profiles.command());
        // There is one; if not, this does no harm.
        command.unwrap_or(Command::ReadSignal)
    }

    /// The modem was told the setting in hand, or refused it.
    pub(super) fn setting_over(&mut self, result: Result<(), Error>) {
        let mut news = [(0, 0); COUNT];
        for (news, object) in news.iter_mut().zip(settable(&mut self.client.objects)) {
            *news = (object.definition().object, object.over(result));
        }
        for (object, new) in news {
            self.settings_changed(object, new);
        }
    }

    /// Has resources notified, bit n being Resource n.
    pub(super) fn settings_changed(&mut self, object: u16, new: u32) {
        #[cfg(feature = "apn-profiles")]
        if object == apn::OBJECT {
            if new != 0 {
                self.client.changed(&Path::object(object));
            }
            return;
        }
        for resource in 0..32 {
            if new >> resource & 1 != 0 {
                self.changed(object, resource);
            }
        }
    }

    /// The modem restarted.
    pub(super) fn settings_lost(&mut self) {
        for object in settable(&mut self.client.objects) {
            object.lost();
        }
    }

    /// What servers set is as it was (Factory Reset); of that the modem is told.
    pub(super) fn settings_reset(&mut self) {
        let objects = &mut self.client.objects;
        #[cfg(feature = "connectivity-statistics")]
        objects.statistics.reset();
        #[cfg(feature = "cellular")]
        objects.cellular.reset();
        #[cfg(feature = "apn-profiles")]
        objects.apn_profiles.reset(self.setup.apn.unwrap_or_default(), self.setup.pdn_type);
    }

    /// Takes what the modem reports to the objects that show it.
    pub(super) fn note(&mut self, report: &Report<'_>) {
        match *report {
            #[cfg(feature = "connectivity-statistics")]
            Report::Count(counter, count) => {
                use crate::lwm2m::objects::statistics::OBJECT;
                if self.client.objects.statistics.take(counter, count) {
                    self.changed(OBJECT, counter as u16);
                }
            }
            #[cfg(feature = "cellular")]
            Report::PowerSaving(_) | Report::Edrx { .. } => {
                let new = self.client.objects.cellular.take(report);
                self.settings_changed(crate::lwm2m::objects::cellular::OBJECT, new);
            }
            #[cfg(feature = "apn-profiles")]
            Report::Pdn(pdn) => self.connection_moved(None, pdn),
            #[cfg(feature = "apn-profiles")]
            Report::Context { context, pdn } => self.connection_moved(Some(context), pdn),
            #[cfg(feature = "apn-profiles")]
            Report::NewContext(context) => self.client.objects.apn_profiles.set_context(context),
            #[cfg(feature = "apn-profiles")]
            Report::Clock { utc, .. } => {
                let now = self.client.now();
                self.client.objects.apn_profiles.set_clock(now, utc);
            }
            #[cfg(all(feature = "cellular", not(feature = "apn-profiles")))]
            Report::Pdn(pdn @ (Pdn::Activated | Pdn::Deactivated | Pdn::Detached)) => {
                self.profiles_changed(u16::from(pdn == Pdn::Activated));
            }
            _ => {}
        }
    }

    /// Something became of the default connection, or of that of a context.
    #[cfg(feature = "apn-profiles")]
    fn connection_moved(&mut self, context: Option<u8>, pdn: Pdn) {
        let now = self.client.now();
        let objects = &mut self.client.objects;
        if let Some(utc) = objects.device.clock() {
            objects.apn_profiles.set_clock(now, utc);
        }
        let new = objects.apn_profiles.take(now, context, pdn);
        #[cfg(feature = "cellular")]
        let active = objects.apn_profiles.active();
        if let Some((instance, created)) = new {
            // The default connection takes the others with it.
            let path = match instance {
                apn::DEFAULT => Path::object(apn::OBJECT),
                _ => Path::instance(apn::OBJECT, instance),
            };
            self.client.changed(&path);
            if created {
                self.client.model_changed();
            }
        }
        #[cfg(feature = "cellular")]
        self.profiles_changed(active);
    }

    /// Object 10 shows which connections there are.
    #[cfg(feature = "cellular")]
    fn profiles_changed(&mut self, profiles: u16) {
        use crate::lwm2m::objects::cellular::{OBJECT, id};
        if self.client.objects.cellular.set_profiles(profiles) {
            self.changed(OBJECT, id::ACTIVATED_PROFILES);
        }
    }
}
