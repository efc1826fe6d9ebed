//! What the administrator decides.

use std::{path::PathBuf, time::Duration};

use url::Url;

use crate::token::TokenKey;

/// Settings of the boot service.
#[derive(Debug, Clone)]
pub struct BootConfig {
    /// Folder for images, on a file system with room for all of them; the service writes below `images/` only.
    pub data_dir: PathBuf,
    /// Address under which hosts reach the service: http or https, perhaps with a path, no query. Left out, scripts use the
    /// address that the host itself used.
    pub base_url: Option<Url>,
    /// Key of the boot tokens; the same for every replica and after every restart.
    pub token_key: TokenKey,
    /// EFI boot program to serve as `/ipxe.efi`, a few MB at most.
    pub efi_program: Option<PathBuf>,
    /// How long an installer's last word may take to be recorded before it is asked to repeat it.
    pub settle_within: Duration,
}

impl BootConfig {
    /// Settings with every default: no fixed address, no boot program, ten seconds to record.
    #[must_use]
    pub fn new(data_dir: PathBuf, token_key: TokenKey) -> Self {
        Self {
            data_dir,
            base_url: None,
            token_key,
            efi_program: None,
            settle_within: Duration::from_secs(10),
        }
    }
}
