//! The LwM2M client, independent of any operator (OMA-TS-LightweightM2M_Core and _Transport, 1.1.1).

pub mod format;
pub mod path;
pub mod value;
pub mod window;

pub use path::Path;
pub use value::{Type, Value};
pub use window::Window;
