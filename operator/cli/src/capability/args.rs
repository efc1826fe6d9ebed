//! Arguments of `capability`.

use clap::{Args as Group, Subcommand, ValueEnum};

use super::key::{self, KeyFault, Wish};
use super::owner::Owner;
use crate::args::{EXIT_CODES, object_name};

const EXAMPLES: &str = "\
Examples:
  # What the organization may do
  kubectl slipway capability get edge1 -n metal

  # Look first, then set and take away again
  kubectl slipway capability set edge1 -n metal bare_metal_installer_multiarch=true --dry-run
  kubectl slipway capability set edge1 -n metal bare_metal_installer_multiarch=true
  kubectl slipway capability unset edge1 -n metal bare_metal_installer_multiarch

  # In a script
  kubectl slipway capability get edge1 -n metal -o json | jq -r '.capabilities[] | select(.value == \"true\") | .name'";

/// Arguments of `capability`.
#[derive(Debug, Group)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), arg_required_else_help = true)]
pub(crate) struct CapabilityArgs {
    #[command(subcommand)]
    pub(crate) deed: Deed,
}

/// What is done with capabilities.
#[derive(Debug, Subcommand)]
pub(crate) enum Deed {
    /// Show capabilities.
    #[command(after_help = EXIT_CODES)]
    Get(GetArgs),
    /// Set capabilities, after showing them and asking.
    ///
    /// For an organization this concerns all its clusters, and normally only the vendor may do it: open a support ticket there.
    #[command(after_help = EXIT_CODES)]
    Set(SetArgs),
    /// Take capabilities away, after showing them and asking.
    #[command(after_help = EXIT_CODES)]
    Unset(UnsetArgs),
}

/// Whose capabilities.
#[derive(Debug, Group)]
pub(crate) struct TargetArgs {
    /// Name of the ClusterSubscription that leads to the registrar.
    #[arg(value_parser = object_name)]
    pub(crate) name: String,

    /// Whose capabilities.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) of: Owner,

    /// Speak to a registrar over http, or to one whose certificate is not verified, where the spec says so.
    #[arg(long)]
    pub(crate) allow_insecure_tls: bool,
}

/// How what is found is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Arguments of `get`.
#[derive(Debug, Group)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// How it is shown.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: Format,
}

/// How sure one is.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct ConsentArgs {
    /// Do not ask. Needed where standard input is no terminal.
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Show what would be sent, and send nothing that changes anything.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Arguments of `set`.
#[derive(Debug, Group)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Capabilities, by their short or whole names, and their values.
    #[arg(required = true, value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,

    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

/// Arguments of `unset`.
#[derive(Debug, Group)]
pub(crate) struct UnsetArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Capabilities, by their short or whole names.
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,

    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

impl Deed {
    /// Whose capabilities are meant.
    pub(crate) fn target(&self) -> &TargetArgs {
        match self {
            Self::Get(get) => &get.target,
            Self::Set(set) => &set.target,
            Self::Unset(unset) => &unset.target,
        }
    }

    /// Its name on the command line.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Get(_) => "get",
            Self::Set(_) => "set",
            Self::Unset(_) => "unset",
        }
    }

    /// What is to be changed; nothing for `get`. Depends on several arguments, so no single parser can read it.
    pub(crate) fn wishes(&self) -> Result<Vec<Wish>, KeyFault> {
        match self {
            Self::Get(_) => Ok(vec![]),
            Self::Set(set) => key::settings(&set.settings, set.target.of),
            Self::Unset(unset) => key::removals(&unset.keys, unset.target.of),
        }
    }
}
