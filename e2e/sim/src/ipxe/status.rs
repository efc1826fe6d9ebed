//! Error numbers of iPXE. The first three bytes are those seen on real builds (facts/boot.md §A6); the rest varies.

use crate::fetch::FetchError;
use std::fmt;

/// Result of a command or a script; zero is success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u32);

impl Status {
    pub(crate) const OK: Self = Self(0);
    pub(crate) const EXEC_FORMAT: Self = Self(0x2e00_8081);
    pub(crate) const NOT_FOUND: Self = Self(0x2d0c_613b);
    pub(crate) const SERVER_ERROR: Self = Self(0x1d0c_6539);
    pub(crate) const UNAUTHORIZED: Self = Self(0x0243_6009);
    pub(crate) const TRUNCATED: Self = Self(0x1d0c_6239);
    pub(crate) const TIMEOUT: Self = Self(0x4c07_2035);
    pub(crate) const REFUSED: Self = Self(0x0f0a_6039);
    pub(crate) const UNSUPPORTED: Self = Self(0x3c09_2083);
    pub(crate) const NO_DEVICE: Self = Self(0x2c22_2087);
    pub(crate) const NO_SUCH_ENTRY: Self = Self(0x2d9b_8135);
    pub(crate) const DIFFERENT: Self = Self(0x2204_9e07);
    pub(crate) const INVALID: Self = Self(0x1c25_e082);
    pub(crate) const CANCELLED: Self = Self(0x0b80_6109);

    pub(crate) fn is_ok(self) -> bool {
        self == Self::OK
    }

    pub(crate) fn from_success(success: bool, otherwise: Self) -> Self {
        if success { Self::OK } else { otherwise }
    }

    /// What iPXE makes of an HTTP status.
    pub(crate) fn of_http(code: u16) -> Self {
        match code {
            200..=299 => Self::OK,
            401 | 403 => Self::UNAUTHORIZED,
            500..=599 => Self::SERVER_ERROR,
            _ => Self::NOT_FOUND,
        }
    }

    pub(crate) fn of_fetch(error: FetchError) -> Self {
        match error {
            FetchError::Scheme => Self::UNSUPPORTED,
            FetchError::Connection => Self::REFUSED,
            FetchError::Truncated => Self::TRUNCATED,
            FetchError::Timeout => Self::TIMEOUT,
            FetchError::Redirects => Self::NOT_FOUND,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "0x{:08x}", self.0)
    }
}
