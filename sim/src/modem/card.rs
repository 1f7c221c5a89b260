//! The files of a SIM that lead to LwM2M bootstrap information, and the commands that read them
//! (ETSI TS 102 221 section 11; OMA LwM2M Core appendix G).

use crate::server::{Security, ServerAccount, TLV, encode_object};
use std::collections::BTreeMap;

/// EF(ODF).
const ODF: u16 = 0x5031;
/// A directory of data objects that has no bootstrap information.
const OTHER: u16 = 0x5206;
/// The directory that has.
const DIRECTORY: u16 = 0x5207;
/// The bootstrap information.
const RECORD: u16 = 0x6432;

/// Files of the PKCS #15 application, by identifier. Without any, there is no such application.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Files {
    files: BTreeMap<u16, Vec<u8>>,
    /// The SIM says how much there is to read, and wants to be asked for just that.
    exact: bool,
}

impl std::fmt::Debug for Files {
    /// Without content: keys are in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

/// An element of DER.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ ..=0x7F) => bytes.push(length),
        Ok(length) => bytes.extend([0x81, length]),
        Err(_) => bytes.extend([0x82, (content.len() >> 8) as u8, content.len() as u8]),
    }
    bytes.extend(content);
    bytes
}

fn path(file: u16) -> Vec<u8> {
    element(0x30, &[&element(0x04, &[&file.to_be_bytes()])])
}

/// A data object that is known by an identifier.
fn object(identifier: &[u8], file: u16) -> Vec<u8> {
    let label = element(0x30, &[&element(0x0C, &[b"LWM2M_Bootstrap"])]);
    let application = element(0x30, &[&element(0x0C, &[b"LWM2M"])]);
    let value = element(0x30, &[&element(0x06, &[identifier]), &path(file)]);
    element(0xA1, &[&label, &application, &element(0xA1, &[&value])])
}

impl Files {
    /// Files that lead to this bootstrap information, by way of a directory that does not.
    pub fn with(record: &[u8]) -> Self {
        let mut odf = [path(OTHER), path(DIRECTORY)].map(|path| element(0xA7, &[&path])).concat();
        // Certificates; and files are filled up.
        odf.splice(0..0, element(0xA4, &[&path(0x4404)]));
        odf.resize(64, 0xFF);
        let mut directory = object(&[0x2A, 0x03], 0x6401);
        directory.extend(object(&[0x67, 0x2B, 0x09, 0x01], RECORD));
        let mut record = record.to_vec();
        record.resize(record.len().next_multiple_of(100), 0xFF);
        let other = object(&[0x2A, 0x03, 0x04], 0x6402);
        let files = [(ODF, odf), (OTHER, other), (DIRECTORY, directory), (RECORD, record)];
        Self { files: files.into(), exact: false }
    }

    /// The bootstrap information of these accounts (Core appendix G.3.4).
    pub fn record(security: &[Security], servers: &[ServerAccount]) -> Vec<u8> {
        let security: Vec<_> = security.iter().map(|it| (it.instance, it.resources())).collect();
        let servers: Vec<_> = servers.iter().map(|it| (it.instance, it.resources())).collect();
        let mut objects = Vec::new();
        let mut count = 0u16;
        for (object, instances) in [(0u16, security), (1, servers)] {
            let Some(bytes) = encode_object(TLV, object, &instances).filter(|it| !it.is_empty())
            else {
                continue;
            };
            count += 1;
            objects.extend(object.to_be_bytes());
            objects.extend(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()[1..]);
            objects.extend(bytes);
        }
        let length = u16::try_from(objects.len()).unwrap_or(u16::MAX);
        [&count.to_be_bytes()[..], &length.to_be_bytes(), &objects].concat()
    }

    /// The same on a SIM that wants to be asked for what there is, not for more.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    /// The identifiers of the files.
    pub fn list(&self) -> Vec<u16> {
        self.files.keys().copied().collect()
    }

    /// A file, to be damaged.
    pub fn file(&mut self, identifier: u16) -> Option<&mut Vec<u8>> {
        self.files.get_mut(&identifier)
    }

    /// Removes a file.
    pub fn remove(&mut self, identifier: u16) {
        self.files.remove(&identifier);
    }

    /// What the SIM says to a command. `open` is the channel that is open, with the selected file;
    /// 0 is the application itself.
    pub(super) fn command(&self, command: &[u8], open: &mut Option<u16>) -> Vec<u8> {
        let status = |status: u16| status.to_be_bytes().to_vec();
        let selected = *open;
        match (command, selected) {
            ([0x00, 0x70, 0x00, 0x00, 0x01], None) => {
                *open = Some(u16::MAX);
                vec![0x01, 0x90, 0x00]
            }
            // No channel is left.
            ([0x00, 0x70, 0x00, 0x00, 0x01], Some(_)) => status(0x6A81),
            ([0x00, 0x70, 0x80, 0x01], Some(_)) => {
                *open = None;
                status(0x9000)
            }
            ([0x01, 0xA4, 0x04, 0x0C, 12, name @ ..], Some(_)) => {
                let known = name == b"\xA0\0\0\0cPKCS-15" && !self.files.is_empty();
                if known {
                    *open = Some(0);
                }
                status(if known { 0x9000 } else { 0x6A82 })
            }
            ([0x01, 0xA4, 0x08, 0x0C, 4, 0x7F, 0xFF, high, low], Some(0..=0xFFFE)) => {
                let file = u16::from_be_bytes([*high, *low]);
                let known = self.files.contains_key(&file);
                if known {
                    *open = Some(file);
                }
                status(if known { 0x9000 } else { 0x6A82 })
            }
            ([0x01, 0xB0, high, low, length], Some(file)) => {
                let Some(file) = self.files.get(&file) else { return status(0x6986) };
                let offset = usize::from(u16::from_be_bytes([*high, *low]));
                let Some(rest) = file.get(offset..).filter(|rest| !rest.is_empty()) else {
                    return status(0x6B00);
                };
                let length = usize::from(*length);
                if let Ok(there) = u8::try_from(rest.len())
                    && usize::from(there) < length
                {
                    return match self.exact {
                        true => status(0x6C00 | u16::from(there)),
                        false => [rest, &[0x62, 0x82]].concat(),
                    };
                }
                [&rest[..length], &[0x90, 0x00]].concat()
            }
            _ => status(0x6D00),
        }
    }
}
