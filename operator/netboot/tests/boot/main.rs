//! The boot service through its routes, with an image server, a clock and a report sink of the tests' own.

mod callbacks;
mod checker;
mod images;
mod injection;
mod log;
mod mistakes;
mod profile;
mod profiles;
mod rig;
mod scripts;
mod secrecy;
mod serving;
mod sink;
mod source;
mod tokens;
