//! What the cloud and the racks share: HTTP with faults on demand, calls held for kill tests, a clock to turn.

mod clock;
mod flushed;
mod gate;
mod reply;
mod station;
mod trouble;

pub use clock::Clock;
pub use gate::{Gate, Hold, Position};
pub use trouble::Trouble;

pub(crate) use clock::http_date;
pub(crate) use reply::Reply;
pub(crate) use station::{Asked, Service, Station, listen, parse_json};
