//! The state file: what a device remembers when its process ends.
//!
//! ```text
//! "LWCS"  version (1)  { number (1)  length (4)  bytes }*  CRC-32 (4)
//! ```
//! Integers are little-endian; the checksum (CRC-32/ISO-HDLC) covers everything before it. The
//! file is replaced as a whole: written beside the old one, brought to the disk, and renamed, so
//! that after a power cut at any point the old or the new one is there. A file that cannot be
//! understood is never written to.

mod memory;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crc::{CRC_32_ISO_HDLC, Crc};
use lwm2m_carrier::storage::Record;

const MAGIC: &[u8; 4] = b"LWCS";
const VERSION: u8 = 1;
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Record numbers from here on are the simulator's own, such as the keys in the simulated modem;
/// below are the library's ([`Record`]).
pub const OWN: u8 = 128;

/// Why a state file cannot be used.
#[derive(Debug)]
pub enum StateError {
    /// The file is something else.
    Foreign(PathBuf),
    /// The file was written by another version of this program.
    Version(PathBuf, u8),
    /// The file is incomplete, or bytes of it were changed.
    Damaged(PathBuf),
    /// The file cannot be read or written.
    Io(PathBuf, io::Error),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign(path) => write!(
                f,
                "{}: not a state file of this program; it was left as it is",
                path.display()
            ),
            Self::Version(path, version) => write!(
                f,
                "{}: a state file of version {version}, this program reads version {VERSION}; it was left as it is",
                path.display()
            ),
            Self::Damaged(path) => write!(
                f,
                "{}: the state file is damaged; it was left as it is. Move it away to start anew",
                path.display()
            ),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StateError {}

/// Records by number, in memory and, if there is a path, in a file.
pub struct State {
    path: Option<PathBuf>,
    records: BTreeMap<u8, Vec<u8>>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The simulated modem's keys are among the records.
        let sizes = self.records.iter().map(|(number, bytes)| (number, bytes.len()));
        f.debug_map().entries(sizes).finish()
    }
}

impl State {
    /// A state that is forgotten at the end.
    pub const fn in_memory() -> Self {
        Self { path: None, records: BTreeMap::new() }
    }

    /// The state in the file at `path`; empty when there is no such file.
    ///
    /// # Errors
    /// There is a file, but it cannot be read or understood.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        // A link is followed once, here: later the file itself is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: Some(path), records: BTreeMap::new() });
            }
            Err(error) => return Err(StateError::Io(path, error)),
        };
        let records = decode(&bytes, &path)?;
        Ok(Self { path: Some(path), records })
    }

    /// A record of the library.
    pub fn load(&self, record: Record) -> Option<&[u8]> {
        self.get(record as u8)
    }

    /// Replaces a record of the library.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn store(&mut self, record: Record, bytes: &[u8]) -> Result<(), StateError> {
        self.put(record as u8, bytes)
    }

    /// Removes a record of the library.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn erase(&mut self, record: Record) -> Result<(), StateError> {
        self.remove(record as u8)
    }

    /// The record with a number.
    pub fn get(&self, number: u8) -> Option<&[u8]> {
        self.records.get(&number).map(Vec::as_slice)
    }

    /// Replaces the record with a number.
    ///
    /// # Errors
    /// The file cannot be written; the record is as it was before, there and in memory.
    pub fn put(&mut self, number: u8, bytes: &[u8]) -> Result<(), StateError> {
        self.change(number, Some(bytes.to_vec()))
    }

    /// Removes the record with a number, if it is there.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn remove(&mut self, number: u8) -> Result<(), StateError> {
        self.change(number, None)
    }

    fn change(&mut self, number: u8, bytes: Option<Vec<u8>>) -> Result<(), StateError> {
        if self.records.get(&number) == bytes.as_ref() {
            return Ok(());
        }
        let mut records = self.records.clone();
        match bytes {
            Some(bytes) => drop(records.insert(number, bytes)),
            None => drop(records.remove(&number)),
        }
        if let Some(path) = &self.path {
            replace(path, &encode(&records))
                .map_err(|error| StateError::Io(path.clone(), error))?;
        }
        self.records = records;
        Ok(())
    }
}

fn encode(records: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(VERSION);
    for (number, record) in records {
        bytes.push(*number);
        // A record is far smaller than 4 GiB: the library's buffers are.
        bytes.extend(u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(record);
    }
    let checksum = CRC.checksum(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8], path: &Path) -> Result<BTreeMap<u8, Vec<u8>>, StateError> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(StateError::Foreign(path.to_owned()));
    };
    let damaged = || StateError::Damaged(path.to_owned());
    let (covered, checksum) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
    let (version, _) = rest.split_first().ok_or_else(damaged)?;
    if CRC.checksum(covered) != u32::from_le_bytes(*checksum) {
        return Err(damaged());
    }
    if *version != VERSION {
        return Err(StateError::Version(path.to_owned(), *version));
    }
    let mut records = BTreeMap::new();
    let mut rest = covered.get(MAGIC.len() + 1..).ok_or_else(damaged)?;
    while let Some((number, after)) = rest.split_first() {
        let (length, after) = after.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (record, after) = after.split_at_checked(length).ok_or_else(damaged)?;
        records.insert(*number, record.to_vec());
        rest = after;
    }
    Ok(records)
}

/// Replaces a file so that at any moment the old or the new one is there.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // The keys of the simulated modem are nobody else's business.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&beside, path)?;
    // The new name is on the disk when its directory is. Not every system lets one be opened.
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for each test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("lwm2m-carrier-state-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("device.state")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_was_stored_is_there_after_a_restart() {
        let folder = Folder::new("restart");
        let mut state = State::open(&folder.file()).unwrap();
        assert_eq!(state.load(Record::Accounts), None);
        assert!(!folder.file().exists(), "reading creates nothing");
        state.store(Record::Accounts, b"accounts").unwrap();
        state.store(Record::Firmware, b"").unwrap();
        state.put(OWN, &[0xA5; 3000]).unwrap();
        state.store(Record::Subscription, b"sim").unwrap();
        state.erase(Record::Subscription).unwrap();

        let state = State::open(&folder.file()).unwrap();
        assert_eq!(state.load(Record::Accounts), Some(&b"accounts"[..]));
        assert_eq!(state.load(Record::Firmware), Some(&b""[..]));
        assert_eq!(state.load(Record::Subscription), None);
        assert_eq!(state.get(OWN), Some(&[0xA5; 3000][..]));
    }

    #[test]
    fn the_format_on_disk_does_not_change() {
        let folder = Folder::new("format");
        let mut state = State::open(&folder.file()).unwrap();
        state.store(Record::Subscription, b"ab").unwrap();
        let bytes = fs::read(folder.file()).unwrap();
        assert_eq!(bytes[..12], *b"LWCS\x01\x02\x02\0\0\0ab");
        // The CRC-32 that zlib and Python's binascii.crc32 give for these twelve bytes.
        assert_eq!(bytes[12..], 0xE8CC_DF87_u32.to_le_bytes());
    }

    #[test]
    fn a_power_cut_while_writing_leaves_the_old_state() {
        let folder = Folder::new("power");
        let mut state = State::open(&folder.file()).unwrap();
        state.store(Record::Accounts, b"old").unwrap();
        // The new file is there in part, and was not renamed any more.
        let new = encode(&BTreeMap::from([(1, b"new".to_vec())]));
        for length in 0..=new.len() {
            fs::write(folder.0.join("device.state.new"), &new[..length]).unwrap();
            let mut state = State::open(&folder.file()).unwrap();
            assert_eq!(state.load(Record::Accounts), Some(&b"old"[..]));
            // And the next change is not kept from happening.
            state.put(OWN, &[u8::try_from(length).unwrap()]).unwrap();
        }
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_noticed_and_the_file_left_alone() {
        let folder = Folder::new("damage");
        let mut state = State::open(&folder.file()).unwrap();
        state.store(Record::Accounts, b"accounts").unwrap();
        let good = fs::read(folder.file()).unwrap();
        let mut wrong: Vec<Vec<u8>> = (0..good.len()).map(|it| good[..it].to_vec()).collect();
        for index in 0..good.len() {
            for bit in 0..8 {
                let mut changed = good.clone();
                changed[index] ^= 1 << bit;
                wrong.push(changed);
            }
        }
        wrong.push([&good[..], &[0]].concat());
        for bytes in wrong {
            fs::write(folder.file(), &bytes).unwrap();
            let error = State::open(&folder.file()).unwrap_err();
            let foreign = !bytes.starts_with(MAGIC);
            assert_eq!(matches!(error, StateError::Foreign(_)), foreign, "{error} {bytes:?}");
            assert!(foreign || matches!(error, StateError::Damaged(_)), "{error} {bytes:?}");
            assert_eq!(fs::read(folder.file()).unwrap(), bytes);
        }
    }

    #[test]
    fn another_version_is_named() {
        let folder = Folder::new("version");
        let mut bytes = b"LWCS\x07".to_vec();
        bytes.extend(CRC.checksum(&bytes).to_le_bytes());
        fs::write(folder.file(), &bytes).unwrap();
        let error = State::open(&folder.file()).unwrap_err().to_string();
        assert!(error.contains("version 7"), "{error}");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_changes_nothing() {
        let folder = Folder::new("nowhere");
        let mut state = State::open(&folder.0.join("missing").join("device.state")).unwrap();
        assert!(matches!(state.store(Record::Accounts, b"x"), Err(StateError::Io(..))));
        assert_eq!(state.load(Record::Accounts), None);
        assert!(matches!(State::open(&folder.0), Err(StateError::Io(..))), "a folder is no file");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it_and_a_link_stays_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = Folder::new("owner");
        let mut state = State::open(&folder.file()).unwrap();
        state.put(OWN, b"key").unwrap();
        let link = folder.0.join("link");
        symlink(folder.file(), &link).unwrap();
        State::open(&link).unwrap().put(OWN, b"other").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(State::open(&folder.file()).unwrap().get(OWN), Some(&b"other"[..]));
        assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
