//! The modem's store for a firmware image, and the simple image format of the simulation.
//!
//! An image is, all numbers big-endian: `LCIM`; u32 length of the body; u32 CRC-32 (ISO-HDLC) of the
//! body; the body: version string, a zero byte, filler.

use crc::{CRC_32_ISO_HDLC, Crc};
use lwm2m_carrier::modem::Error;

const MAGIC: &[u8; 4] = b"LCIM";
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// An image of the firmware `version`, with `filler` bytes that mean nothing.
pub fn image(version: &str, filler: usize) -> Vec<u8> {
    let mut body = version.as_bytes().to_vec();
    body.push(0);
    body.extend((0..filler).map(|index| (index % 251) as u8));
    let mut image = MAGIC.to_vec();
    image.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    image.extend(CRC.checksum(&body).to_be_bytes());
    image.extend(body);
    image
}

/// The version that an image says it is.
///
/// # Errors
/// [`Error::Image`] when it is not an image, not whole, or damaged.
pub fn version(image: &[u8]) -> Result<String, Error> {
    let number = |at: usize| {
        let bytes = image.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let body = image.get(12..).ok_or(Error::Image)?;
    let end = body.iter().position(|byte| *byte == 0);
    let version = end.and_then(|end| String::from_utf8(body[..end].to_vec()).ok());
    match version {
        Some(version)
            if image.starts_with(MAGIC)
                && number(4) == u32::try_from(body.len()).ok()
                && number(8) == Some(CRC.checksum(body)) =>
        {
            Ok(version)
        }
        _ => Err(Error::Image),
    }
}

/// What was received of an image.
#[derive(Clone, Default, Debug)]
pub(super) struct Store {
    image: Option<Vec<u8>>,
    checked: Option<String>,
}

impl Store {
    pub(super) fn begin(&mut self) {
        *self = Self { image: Some(Vec::new()), checked: None };
    }

    pub(super) fn write(&mut self, offset: u32, bytes: &[u8], room: usize) -> Result<(), Error> {
        let image = self.image.as_mut().ok_or(Error::NotNow)?;
        if usize::try_from(offset) != Ok(image.len()) {
            return Err(Error::Refused);
        }
        if image.len() + bytes.len() > room {
            return Err(Error::NoMemory);
        }
        image.extend(bytes);
        self.checked = None;
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<(), Error> {
        let image = self.image.as_ref().ok_or(Error::NotNow)?;
        self.checked = Some(version(image)?);
        Ok(())
    }

    /// The version of the image that was checked; nothing is kept.
    pub(super) fn take(&mut self) -> Result<String, Error> {
        let version = self.checked.take().ok_or(Error::NotNow)?;
        self.image = None;
        Ok(version)
    }
}
