//! The boot service through its routes, with an image server, a clock and a report sink of the tests' own.

#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod checker;
#[cfg(test)]
mod images;
#[cfg(test)]
mod injection;
#[cfg(test)]
mod log;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod sink;
#[cfg(test)]
mod source;
#[cfg(test)]
mod tokens;
