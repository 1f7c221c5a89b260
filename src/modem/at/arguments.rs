//! What goes to the modem: the arguments of a command, and the line on its way out.

#[cfg(feature = "power-saving")]
use super::line;
use super::table;
use crate::lwm2m::Window;
use crate::lwm2m::format::put_integer;
use crate::modem::{Command, Error, KeyKind, PdnType};
use embedded_io::Write;

/// What ends a command line.
pub(super) const END: &[u8] = b"\r\n";

/// The number of a kind of key (nRF91, %CMNG).
pub(super) const fn kind_number(kind: KeyKind) -> u8 {
    match kind {
        KeyKind::Psk => 3,
        KeyKind::Identity => 4,
    }
}

/// Whether the arguments can be said in this dialect, which has no escapes.
pub(super) fn check(command: &Command<'_>) -> Result<(), Error> {
    let plain =
        |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'"');
    let fits = match *command {
        Command::ConfigurePdn { apn, .. } | Command::ConfigureContext { apn, .. } => {
            apn.len() <= 63 && plain(apn.as_bytes())
        }
        Command::WriteKey { kind, value, .. } => {
            let value = value.expose();
            !value.is_empty() && (kind == KeyKind::Psk || plain(value))
        }
        Command::ConfigureAuthentication { credentials, .. } => {
            let (user, password) = credentials.expose();
            plain(user.as_bytes()) && plain(password.as_bytes())
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(Error::Refused) }
}

/// Writes what follows the text of a command's first step. `default`: the default connection's
/// context.
pub(super) fn arguments<W: Write>(command: &Command<'_>, default: u8, out: &mut Out<'_, W>) {
    let _ = default;
    match *command {
        Command::ConfigurePdn { apn, pdn_type } => connection(apn, pdn_type, out),
        Command::FindKey { tag, kind } | Command::DeleteKey { tag, kind } => {
            out.numbers(&[tag, kind_number(kind).into()]);
        }
        Command::WriteKey { tag, kind, value } => {
            out.numbers(&[tag, kind_number(kind).into()]);
            out.put(b",\"");
            let value = value.expose();
            match kind {
                KeyKind::Identity => out.put(value),
                // Digit by digit: no second copy of the key is made.
                KeyKind::Psk => value.iter().for_each(|byte| out.hex(*byte)),
            }
            out.put(b"\"");
        }
        #[cfg(feature = "system-mode")]
        Command::SetSystemMode(mode) => {
            let preference = mode.preference.map_or(0, |technology| match technology {
                crate::modem::Technology::LteM => 1,
                crate::modem::Technology::NbIot => 2,
            });
            out.numbers(&[mode.lte_m.into(), mode.nb_iot.into(), mode.gnss.into(), preference]);
        }
        #[cfg(feature = "pdn-contexts")]
        Command::ConfigureContext { context, apn, pdn_type } => {
            out.numbers(&[context.into()]);
            out.put(b",\"");
            connection(apn, pdn_type, out);
        }
        #[cfg(feature = "pdn-contexts")]
        Command::DeleteContext(context) | Command::ReadPdnId(context) => {
            out.numbers(&[context.into()]);
        }
        #[cfg(feature = "pdn-contexts")]
        Command::SetContext { context, active } => out.numbers(&[active.into(), context.into()]),
        #[cfg(feature = "power-saving")]
        Command::SetPowerSaving(None) => out.put(b"0"),
        #[cfg(feature = "power-saving")]
        Command::SetPowerSaving(Some(wanted)) => {
            out.put(b"1,,,");
            if wanted.periodic_update > 0 {
                out.bits(line::timer(wanted.periodic_update, &line::UNITS[1]), 8);
            }
            out.put(b",");
            out.bits(line::timer(wanted.active_time, &line::UNITS[0]), 8);
        }
        #[cfg(feature = "power-saving")]
        Command::SetEdrx { technology, cycle } => {
            let technology = technology_number(technology);
            // 2: on, and tell what the network gives.
            out.numbers(&[if cycle.is_some() { 2 } else { 0 }, technology]);
            if let Some(cycle) = cycle {
                out.put(b",");
                out.bits(cycle, 4);
            }
        }
        #[cfg(feature = "power-saving")]
        Command::SetPagingWindow { technology, window } => {
            out.numbers(&[technology_number(technology)]);
            out.put(b",");
            out.bits(window, 4);
        }
        #[cfg(feature = "pdn-contexts")]
        Command::ConfigureAuthentication { context, authentication, credentials } => {
            out.numbers(&[context.unwrap_or(default).into(), authentication as u32]);
            if authentication != crate::modem::Authentication::None {
                let (user, password) = credentials.expose();
                for text in [user, password] {
                    out.put(b",\"");
                    out.put(text.as_bytes());
                    out.put(b"\"");
                }
            }
        }
        #[cfg(feature = "modem-statistics")]
        Command::SetStatistics(on) => out.numbers(&[on.into()]),
        _ => {}
    }
}

/// The number of a radio technology (+CEDRXS, %XPTW).
#[cfg(feature = "power-saving")]
const fn technology_number(technology: crate::modem::Technology) -> u32 {
    match technology {
        crate::modem::Technology::LteM => 4,
        crate::modem::Technology::NbIot => 5,
    }
}

/// `IP","apn"`, after a quote.
fn connection<W: Write>(apn: &str, pdn_type: PdnType, out: &mut Out<'_, W>) {
    out.put(table::pdn_type(pdn_type).as_bytes());
    if !apn.is_empty() {
        out.put(b"\",\"");
        out.put(apn.as_bytes());
    }
    out.put(b"\"");
}

pub(super) const fn hex(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'A' - 10 }
}

/// A command line on its way out. What the stream has against it does not matter to the carrier;
/// after the first error nothing more is written.
pub(super) struct Out<'w, W> {
    stream: &'w mut W,
    failed: bool,
}

impl<'w, W: Write> Out<'w, W> {
    pub(super) fn new(stream: &'w mut W) -> Self {
        Self { stream, failed: false }
    }

    /// Writes all of `bytes`.
    #[inline(never)]
    pub(super) fn put(&mut self, mut bytes: &[u8]) {
        while !self.failed && !bytes.is_empty() {
            let count = self.stream.write(bytes).unwrap_or(0);
            // A stream that takes nothing never will.
            self.failed = count == 0;
            bytes = bytes.get(count..).unwrap_or_default();
        }
    }

    /// Numbers with commas between them.
    #[inline(never)]
    pub(super) fn numbers(&mut self, numbers: &[u32]) {
        let mut text = [0; 16];
        let mut line = Window::new(&mut text, 0);
        for (index, number) in numbers.iter().enumerate() {
            if index > 0 {
                line.put(b",");
            }
            put_integer(&mut line, (*number).into());
        }
        let len = line.kept();
        self.put(text.get(..len).unwrap_or_default());
    }

    /// A byte as two hex digits.
    pub(super) fn hex(&mut self, byte: u8) {
        self.put(&[hex(byte >> 4), hex(byte & 15)]);
    }

    /// The last `count` bits of a value, in quotes.
    #[cfg(feature = "power-saving")]
    fn bits(&mut self, value: u8, count: u8) {
        self.put(b"\"");
        for bit in (0..count).rev() {
            self.put(&[b'0' + (value >> bit & 1)]);
        }
        self.put(b"\"");
    }

    pub(super) fn end(self) -> Result<(), Error> {
        if self.failed { Err(Error::Io) } else { Ok(()) }
    }
}
