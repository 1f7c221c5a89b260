//! What the modem reports: it moves the link along, and fills the objects.

use super::Config;
use super::errno;
use super::event::{Deferred, ErrorKind, Event};
use super::link::Link;
use super::machine::Carrier;
use super::stage::Stage;
use super::tasks::Task;
use crate::bytes::{Text, keep, text};
use crate::lwm2m::objects::{connectivity, device};
use crate::lwm2m::{Path, source};
use crate::modem::{
    Error, FunctionalMode, Identity, Pdn, Registration, Report, Sim, Technology, Warning,
};
use crate::time::{Duration, Instant};

/// Digits of an IMSI that name country and operator: three and two. A network code of three digits
/// is told apart by its first two, as the IMSI does not say how many it has.
const OPERATOR: usize = 5;

/// What the modem said that must be remembered.
pub(super) struct Known {
    pub(super) imei: Text<16>,
    pub(super) msisdn: Text<16>,
    /// Country and operator of the SIM in use.
    operator: Text<OPERATOR>,
    /// Country and operator that the accounts belong to.
    stored: Text<OPERATOR>,
    registration: Registration,
    pdn: bool,
    refused: bool,
    sim: Sim,
    /// How many addresses came since they were asked for, and whether one of them, or the name of the
    /// connection, is new.
    addresses: u8,
    connection_new: bool,
    /// Until then a radio that goes off was turned off by the modem, which has warned of it.
    pub(super) warned_until: Instant,
}

impl Known {
    /// Nothing.
    pub(super) const EMPTY: Self = Self {
        imei: Text::new(),
        msisdn: Text::new(),
        operator: Text::new(),
        stored: Text::new(),
        registration: Registration::None,
        pdn: false,
        refused: false,
        sim: Sim::Ready,
        addresses: 0,
        connection_new: false,
        warned_until: Instant::ZERO,
    };

    pub(super) fn restore_subscription(&mut self, record: Option<&[u8]>) {
        let stored = record.and_then(text);
        keep(&mut self.stored, stored.unwrap_or_default());
    }

    /// What is stored of the subscription: the operator, and nothing that tells the subscriber.
    pub(super) fn subscription(&self) -> &[u8] {
        self.operator.as_bytes()
    }

    /// Whether the SIM is of another operator than the accounts. From then on it is not.
    pub(super) fn subscription_changed(&mut self) -> bool {
        let changed =
            !self.stored.is_empty() && !self.operator.is_empty() && self.stored != self.operator;
        if !self.operator.is_empty() {
            self.stored = self.operator.clone();
        }
        changed
    }

    pub(super) fn forget_link(&mut self) {
        self.registration = Registration::None;
        self.pdn = false;
        self.refused = false;
    }

    fn is_linked(&self) -> bool {
        self.pdn && self.registration.is_registered()
    }

    fn is_without_sim(&self) -> bool {
        self.sim != Sim::Ready || self.registration == Registration::SimFailure
    }

    /// Whether it is of no use to wait any longer.
    fn is_hopeless(&self) -> bool {
        self.refused || self.is_without_sim()
    }

    /// Why there is no link.
    pub(super) fn link_fault(&self) -> (Deferred, i32) {
        let value = if self.refused {
            errno::ECONNREFUSED
        } else if self.is_without_sim() {
            errno::EPERM
        } else if self.registration == Registration::Denied {
            errno::EACCES
        } else {
            return (Deferred::NoReason, errno::ETIMEDOUT);
        };
        (Deferred::PdnActivate, value)
    }
}

impl Carrier<'_> {
    pub(super) fn report(&mut self, report: &Report<'_>) {
        #[cfg(feature = "modem-settings")]
        self.note(report);
        // For applications that ask for it.
        #[cfg(feature = "facts")]
        self.facts.take(self.client.now(), report);
        match *report {
            Report::Done => self.task_over(Ok(())),
            Report::Failed(error) => self.task_over(Err(error)),
            Report::Identity(identity) => self.identify(&identity),
            Report::Registration(registration) => {
                self.known.registration = registration;
                match registration {
                    // Only looking for a network, or the radio is off.
                    Registration::None => self.suspect_mode(),
                    Registration::Denied => {
                        let limit = self.now() + self.setup.denied_timeout;
                        self.timers.link = self.timers.link.min(limit);
                    }
                    _ if self.link == Link::Off => self.mode_reported(FunctionalMode::Normal),
                    // Not every modem says that it is connected.
                    _ if registration.is_registered() && !self.known.pdn => {
                        self.tasks.want(Task::ReadPdn);
                    }
                    _ => {}
                }
                self.link_moved();
            }
            Report::Pdn(pdn) => {
                match pdn {
                    Pdn::Activated => self.known.pdn = true,
                    Pdn::Deactivated if self.link == Link::Up => {
                        self.known.pdn = false;
                        return self.suspect_mode();
                    }
                    Pdn::Deactivated | Pdn::Detached => self.known.pdn = false,
                    Pdn::Rejected { cause } => {
                        log!(warn, "the network refused the connection: ESM cause {}", cause);
                        // 50 and 51: another address family than asked for is what there is.
                        self.known.refused = !matches!(cause, 50 | 51);
                    }
                }
                self.link_moved();
            }
            Report::Sim(sim) => {
                self.known.sim = sim;
                self.link_moved();
            }
            Report::Keys { taken, same } => {
                self.keys_taken |= taken;
                self.keys_found &= same;
            }
            #[cfg(feature = "smartcard")]
            Report::Smartcard(piece) => self.smartcard_piece(piece.expose()),
            Report::FunctionalMode(mode) => self.mode_reported(mode),
            Report::Refused { cause: _cause } => {
                log!(warn, "the network refused the registration: EMM cause {}", _cause);
            }
            Report::Restarted => self.modem_restarted(),
            Report::Warning(warning) => self.warned(warning),
            Report::Cell(cell) => {
                let object = self.client.objects.connectivity();
                let bearer = match cell.technology {
                    Technology::NbIot => connectivity::BEARER_NB_IOT,
                    Technology::LteM => connectivity::BEARER_LTE_FDD,
                };
                let known = (object.cell, object.tac, object.bearer);
                let new = known != (Some(cell.id), Some(cell.tac), bearer);
                object.cell = Some(cell.id);
                object.tac = Some(cell.tac);
                object.bearer = bearer;
                self.connectivity_changed(new);
            }
            Report::Operator { mcc, mnc } => {
                let operator = &mut self.client.objects.connectivity().operator;
                let new = operator.replace((mcc, mnc)) != Some((mcc, mnc));
                self.connectivity_changed(new);
            }
            Report::Signal { rsrp, rsrq } => {
                let object = self.client.objects.connectivity();
                let new = (object.signal_strength, object.link_quality) != (rsrp, Some(rsrq));
                object.signal_strength = rsrp;
                object.link_quality = Some(rsrq);
                self.client.looked(source::SIGNAL);
                self.connectivity_changed(new);
            }
            Report::Address(address) => {
                // Two fit, one of each family.
                let connectivity = self.client.objects.connectivity();
                let new = connectivity.set_address(self.known.addresses, address.expose());
                self.known.addresses = self.known.addresses.saturating_add(1);
                self.known.connection_new |= new;
            }
            Report::Apn(apn) => {
                self.known.connection_new |= self.client.objects.connectivity().set_apn(apn);
            }
            Report::Clock { utc, offset } => {
                let now = self.now();
                self.client.objects.device.set_network_time(now, utc, offset);
            }
            Report::Voltage(millivolts) if self.client.objects.device.set_supply(millivolts) => {
                self.changed(device::OBJECT, device::id::POWER_VOLTAGE);
            }
            _ => {}
        }
    }

    /// What the configuration and this library say of the device.
    pub(super) fn describe_device(&mut self, config: &Config<'_>) {
        let or = |text, default| if str::is_empty(text) { default } else { text };
        let version = concat!("lwm2m-carrier ", env!("CARGO_PKG_VERSION"));
        for &(resource, text) in &[
            (device::id::MANUFACTURER, config.manufacturer),
            (device::id::MODEL_NUMBER, config.model_number),
            (device::id::HARDWARE_VERSION, config.hardware_version),
            (device::id::DEVICE_TYPE, or(config.device_type, "Module")),
            (device::id::SOFTWARE_VERSION, or(config.software_version, version)),
        ] {
            self.client.objects.device.set_text(resource, text);
            self.setup.named |= u32::from(!text.is_empty()) << resource;
        }
    }

    /// Sets a text of the Device Object for good: the modem does not replace it. Returns whether it
    /// is a new text.
    pub(crate) fn set_device_text(&mut self, resource: u16, text: &str) -> bool {
        self.setup.named |= 1u32.checked_shl(resource.into()).unwrap_or(0);
        self.client.objects.device.set_text(resource, text)
    }

    /// Takes notice that a resource of a single object has a new value.
    #[inline(never)]
    pub(super) fn changed(&mut self, object: u16, resource: u16) {
        self.client.changed(&Path::resource(object, 0, resource));
    }

    /// Takes notice of values of the connection, if they are new: servers that observe the whole
    /// object are not to hear of what is as it was.
    #[inline(never)]
    fn connectivity_changed(&mut self, new: bool) {
        if new {
            self.client.changed(&Path::object(connectivity::OBJECT));
        }
    }

    /// Name and addresses of the connection were read: what did not come is not there any more.
    fn connection_read(&mut self) {
        let count = core::mem::take(&mut self.known.addresses);
        let fewer = self.client.objects.connectivity().keep_addresses(count);
        let new = core::mem::take(&mut self.known.connection_new) || fewer;
        if new && cfg!(feature = "apn-profiles") {
            // The default connection of object 11 shows them, too.
            self.client.changed(&Path::instance(11, 0));
        }
    }

    fn identify(&mut self, identity: &Identity<'_>) {
        let (resource, text) = match *identity {
            Identity::Manufacturer(text) => (device::id::MANUFACTURER, text),
            Identity::Model(text) => (device::id::MODEL_NUMBER, text),
            Identity::Hardware(text) => (device::id::HARDWARE_VERSION, text),
            Identity::Firmware(text) => {
                self.client.objects.firmware.set_version(text);
                (device::id::FIRMWARE_VERSION, text)
            }
            Identity::Imei(imei) => {
                keep(&mut self.known.imei, imei.expose());
                (device::id::SERIAL_NUMBER, imei.expose())
            }
            Identity::Imsi(imsi) => {
                let digits = imsi.expose().get(..OPERATOR).unwrap_or_default();
                return keep(&mut self.known.operator, digits);
            }
            Identity::Msisdn(msisdn) => return keep(&mut self.known.msisdn, msisdn.expose()),
            Identity::Iccid(_) => return,
        };
        let named = self.setup.named >> resource & 1 != 0;
        if !named && self.client.objects.device.set_text(resource, text) {
            self.changed(device::OBJECT, resource);
        }
    }

    fn warned(&mut self, warning: Warning) {
        // Error Code 1: low battery power. Heat and restarts have no code of their own.
        if warning == Warning::BatteryLow && self.client.objects.device.add_error(1) {
            self.changed(device::OBJECT, device::id::ERROR_CODE);
        }
        log!(warn, "the modem warns: {:?}", warning);
        self.tell(Event::ModemDomain(warning));
        if warning == Warning::ResetLoop {
            // It does not attach for half an hour: the search lasts that much longer.
            let restricted = self.now() + Duration::from_secs(1800);
            self.timers.link = restricted + self.setup.attach_timeout;
        } else {
            self.known.warned_until = self.now() + Duration::from_secs(60);
        }
    }

    /// The modem restarted by itself.
    fn modem_restarted(&mut self) {
        if matches!(self.stage, Stage::Off | Stage::Loading | Stage::Rebooting | Stage::Halted) {
            return;
        }
        log!(warn, "the modem restarted");
        self.restart_modem();
    }

    /// Something about network or SIM changed: the link may have come or gone.
    fn link_moved(&mut self) {
        let linked = self.known.is_linked();
        match self.link {
            Link::Connecting if linked => {
                self.link = Link::Reading;
                self.known.addresses = 0;
                self.known.connection_new = self.client.objects.connectivity().keep_addresses(0);
                for task in &[Task::ReadSim, Task::ReadAddress, Task::ReadSignal, Task::ReadClock] {
                    self.tasks.push(*task);
                }
            }
            Link::Connecting if self.known.is_hopeless() => {
                let (reason, value) = self.known.link_fault();
                self.known.sim = Sim::Ready;
                self.link_failed(reason, value);
            }
            // A device that only looks for a cell keeps its connection; one that was detached, or
            // whose connection was taken away, does not. Whether the radio was turned off is asked
            // first.
            Link::Up if !self.known.pdn && !self.tasks.is_pending(Task::ReadMode) => {
                self.link_lost();
            }
            // It was not told yet that the link is up: the search goes on.
            Link::Reading if !self.known.pdn => {
                self.timers.link = self.now() + self.setup.attach_timeout;
                self.link = Link::Connecting;
            }
            _ => {}
        }
    }

    /// Asks the modem for what servers are to get; whether there is anything to ask.
    pub(super) fn fetch(&mut self) -> bool {
        let wanted = self.client.wanted();
        if wanted & (source::SIGNAL | source::VOLTAGE) != 0 {
            self.tasks.want(Task::ReadSignal);
        }
        if wanted & source::ADDRESS != 0 {
            self.tasks.want(Task::ReadAddress);
        }
        if wanted & source::CLOCK != 0 {
            self.tasks.want(Task::ReadClock);
        }
        #[cfg(feature = "connectivity-statistics")]
        if wanted & source::STATISTICS != 0 {
            self.tasks.want(Task::ReadStatistics);
        }
        #[cfg(all(feature = "cellular", feature = "modem-statistics"))]
        if wanted & source::POWER != 0 {
            self.tasks.want(Task::ReadMonitor);
        }
        #[cfg(feature = "modem-settings")]
        if self.settle() {
            return true;
        }
        wanted != 0
    }

    /// The command in hand is over.
    fn task_over(&mut self, result: Result<(), Error>) {
        let task = self.tasks.over();
        let done = result.is_ok();
        if let Err(error) = result {
            log!(warn, "the modem did not do {:?}: {:?}", task, error);
        }
        match task {
            Task::Initialise => self.modem_initialised(done),
            // The answer moved the link, if it says that the radio is off.
            Task::ReadMode => {
                if self.link == Link::Up && !self.known.pdn {
                    self.link_lost();
                }
            }
            Task::ConfigurePdn | Task::ReadPdn => {}
            Task::Normal => match done {
                true => self.link_moved(),
                false if self.link == Link::Connecting => {
                    self.link_failed(Deferred::NoReason, errno::EIO);
                }
                false => {}
            },
            Task::Offline => {
                if self.link == Link::Disconnecting {
                    if !done {
                        self.fail(ErrorKind::DisconnectFail, errno::EIO);
                    }
                    self.disconnected();
                }
            }
            Task::PowerOff => self.powered_off(),
            Task::ReadSim => {}
            // What did not come now will not come soon.
            Task::ReadSignal => self.client.looked(source::SIGNAL | source::VOLTAGE),
            Task::ReadAddress => {
                if done {
                    self.connection_read();
                }
                self.client.looked(source::ADDRESS);
            }
            // The last of what is read when the link comes up, unless a server asked before.
            Task::ReadClock => {
                self.client.looked(source::CLOCK);
                if self.link == Link::Reading && !self.tasks.is_pending(Task::ReadClock) {
                    self.connected();
                }
            }
            #[cfg(feature = "smartcard")]
            Task::ReadSmartcard => self.smartcard_over(done),
            #[cfg(feature = "modem-settings")]
            Task::Setting => self.setting_over(result),
            #[cfg(feature = "connectivity-statistics")]
            Task::ReadStatistics => self.client.looked(source::STATISTICS),
            #[cfg(all(feature = "cellular", feature = "modem-statistics"))]
            Task::ReadMonitor => self.client.looked(source::POWER),
            Task::SearchIdentity | Task::SearchPsk => self.keys_searched(task, done),
            Task::WriteIdentity | Task::WritePsk => self.key_written(task, done),
            Task::BeginUpdate | Task::WriteUpdate | Task::FinishUpdate => {
                self.package_task_over(task, result);
            }
            Task::ApplyUpdate => self.update_applied(done),
            Task::CancelUpdate | Task::None => {}
        }
    }
}
