//! The AT dialects against the simulated modem, in virtual time.

mod behaviour;
mod bench;
mod cut;
mod plain;
mod vocabulary;
