//! The built-in server against a device of a few lines, in virtual time.

mod bench;
mod blocks;
mod bootstrap;
mod campaign;
mod hostile;
mod messages;
mod observation;
mod operations;
mod registration;
