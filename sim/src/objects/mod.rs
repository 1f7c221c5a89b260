//! Objects of the application, beside those that the library brings.

mod temperature;

pub use temperature::Temperature;
