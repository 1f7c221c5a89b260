//! x
use crate::cli::{Device, Status};
/// x
pub fn run(_: &Device) -> Status {
    Status::Io
}
