//! The AT dialects against answers in the shapes that modems give them.

mod bench;
mod commands;
mod conversation;
mod keys;
mod notifications;
mod plain;
mod properties;
#[cfg(feature = "smartcard")]
mod smartcard;
mod vocabulary;
