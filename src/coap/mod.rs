//! CoAP (RFC 7252), as far as both roles of an LwM2M client need it, with Observe (RFC 7641) and
//! block-wise transfer (RFC 7959).
//!
//! The parts, each for itself: [`Message`] reads a datagram and [`Writer`] writes one; [`Block`]
//! is a part of a body and [`Sequence`] follows a body that arrives in parts; [`Retransmission`]
//! times a confirmable message; [`Answers`] keeps what was answered, for requests that come
//! again. Who drives them, and decides what a request means, is the floor above.

mod answers;
mod block;
mod code;
mod collection;
mod message;
pub mod number;
mod sequence;
mod transmission;
mod writer;

pub use answers::Answers;
pub use block::Block;
pub use code::Code;
pub use collection::{Broken, Collection, Part};
pub(crate) use message::uint;
pub use message::{Kind, Message, Options, ParseError, Token};
pub use sequence::{Sequence, Step};
pub use transmission::{Expiry, Parameters, Retransmission};
pub use writer::{Writer, empty};
