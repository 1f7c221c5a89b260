//! x
use crate::cli::{Server, Status};
/// x
pub fn run(_: &Server) -> Status {
    Status::Io
}
