//! What a person has in `~/.oci`, written for the vendor's own clients (facts/oci.md §2.3).

use super::Cloud;
use super::account::Account;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Files of one account.
#[derive(Debug, Clone)]
pub struct ClientFiles {
    /// The configuration file, with the profile `DEFAULT`.
    pub config: PathBuf,
    /// The API key.
    pub key: PathBuf,
    /// The cloud's CA, for `--cert-bundle`.
    pub ca: PathBuf,
}

impl Cloud {
    /// Writes `config`, `key.pem` and `ca.pem` into this folder. Give an absolute path: the configuration names the key by
    /// it. Keys are readable for their owner alone, or the vendor's clients warn.
    pub fn write_client_files(&self, account: &Account, folder: &Path) -> io::Result<ClientFiles> {
        let at = |name: &str| folder.join(name);
        let files = ClientFiles { config: at("config"), key: at("key.pem"), ca: at("ca.pem") };
        write_private(&files.key, &account.private_key_pem)?;
        write_private(&files.config, &account.config_text(&files.key.to_string_lossy()))?;
        std::fs::write(&files.ca, self.ca_pem())?;
        Ok(files)
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
