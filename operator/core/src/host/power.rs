//! Power states and resets, in Redfish's words.

use std::fmt;

/// `ComputerSystem.PowerState`. What is not confirmed is [`Power::Unknown`], never off (`facts/metal-peers.md` R28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Power {
    /// On.
    On,
    /// Off.
    Off,
    /// On its way to on.
    PoweringOn,
    /// On its way to off.
    PoweringOff,
    /// Halted with power applied (`BlueField`: `facts/metal-peers.md §4.4`).
    Paused,
    /// Absent, null, or a word we do not know.
    Unknown,
}

impl fmt::Display for Power {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// What can be done to a machine's power; each is a `ResetType` of DSP0268 `ComputerSystem.Reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reset {
    /// Switch on.
    On,
    /// Ask the operating system to shut down.
    GracefulShutdown,
    /// Cut the power.
    ForceOff,
    /// Ask the operating system to restart.
    GracefulRestart,
    /// Restart at once.
    ForceRestart,
    /// Off and on again, so that the hardware loses power.
    PowerCycle,
}

impl Reset {
    /// Every reset, with its word on the wire.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::On, "On"),
        (Self::GracefulShutdown, "GracefulShutdown"),
        (Self::ForceOff, "ForceOff"),
        (Self::GracefulRestart, "GracefulRestart"),
        (Self::ForceRestart, "ForceRestart"),
        (Self::PowerCycle, "PowerCycle"),
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(reset, _)| *reset == self).map_or("", |(_, word)| word)
    }

    /// The reset that a word on the wire stands for.
    #[must_use]
    pub fn from_wire(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(reset, _)| *reset)
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// `IndicatorLED`, or `LocationIndicatorActive` where only that exists (then blinking is lit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indicator {
    /// Off.
    Off,
    /// Lit.
    Lit,
    /// Blinking.
    Blinking,
}
