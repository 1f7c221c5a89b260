//! Objects of the application, beside those that the library brings.

mod actuator;
mod temperature;

pub use actuator::Actuator;
pub use temperature::Temperature;
