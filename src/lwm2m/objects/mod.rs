//! The objects that the library brings, each in its own file, and the set of all objects.

pub mod connectivity;
pub mod device;
pub mod firmware;
pub mod security;
pub mod server;

use super::object::Object;
pub use connectivity::Connectivity;
pub use device::Device;
pub use firmware::Firmware;
pub use security::{Security, SecurityObject, Uri};
pub use server::{Server, ServerObject};

/// Objects that an application adds, by the order in which they are registered.
pub type Additional<'a> = &'a mut [&'a mut dyn Object];

/// Every object of the device.
pub struct Objects<'a> {
    /// Object 0.
    pub security: SecurityObject,
    /// Object 1.
    pub server: ServerObject,
    /// Object 3.
    pub device: Device,
    /// Object 4.
    pub connectivity: Connectivity,
    /// Object 5.
    pub firmware: Firmware,
    additional: Additional<'a>,
}

impl<'a> Objects<'a> {
    /// The library's objects, empty, and those of the application.
    pub fn new(additional: Additional<'a>) -> Self {
        Self {
            security: SecurityObject::default(),
            server: ServerObject::default(),
            device: Device::default(),
            connectivity: Connectivity::default(),
            firmware: Firmware::default(),
            additional,
        }
    }

    /// The object at position `index`; `None` behind the last.
    pub fn at(&self, index: usize) -> Option<&dyn Object> {
        Some(match index {
            0 => &self.security,
            1 => &self.server,
            2 => &self.device,
            3 => &self.connectivity,
            4 => &self.firmware,
            _ => &**self.additional.get(index - 5)?,
        })
    }

    /// The object with this Object ID.
    pub fn get(&self, object: u16) -> Option<&dyn Object> {
        (0..).map_while(|index| self.at(index)).find(|o| o.definition().object == object)
    }

    /// The object with this Object ID, to be changed.
    pub fn get_mut(&mut self, object: u16) -> Option<&mut dyn Object> {
        Some(match object {
            security::OBJECT => &mut self.security,
            server::OBJECT => &mut self.server,
            device::OBJECT => &mut self.device,
            connectivity::OBJECT => &mut self.connectivity,
            firmware::OBJECT => &mut self.firmware,
            _ => &mut **self.additional.iter_mut().find(|o| o.definition().object == object)?,
        })
    }
}
