//! The plugin's arguments; `kubectl slipway --help` is their reference, `docs/cli.md` the words around it.

use clap::error::ErrorKind;
use clap::{Args as Group, CommandFactory as _, Parser, Subcommand};
use slipway_core::infrastructure::Fingerprint;

use crate::capability::args::CapabilityArgs;
use crate::cluster::ClusterArgs;

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, failed or not confirmed
  2  the command line is wrong";

const EXAMPLES: &str = "\
Examples:
  # Look at both fingerprints, answer the question
  kubectl slipway approve rack1 -n metal

  # In a script: approve only what was read at the rack
  kubectl slipway approve rack1 -n metal --yes --fingerprint 3a7f09bc…";

/// What only a person may decide about Slipway's objects.
#[derive(Debug, Parser)]
#[command(name = "kubectl-slipway", bin_name = "kubectl slipway", version, after_help = EXIT_CODES)]
#[command(arg_required_else_help = true, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Let a rack's connection to Oracle Cloud through, after comparing its two fingerprints.
    ///
    /// For an Infrastructure with `spec.connection.approval: Manual`. Shows the fingerprint that the rack answered beside the one that
    /// Oracle Cloud shows, asks, and writes `spec.connection.approvedFingerprint`. It approves exactly what it showed: when
    /// the object changed in the meantime, nothing is approved.
    #[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
    Approve(ApproveArgs),
    /// Show and change what an organization may do at OpenShift Cluster Manager.
    ///
    /// For a ClusterSubscription with `spec.registrar.ocm`. Reads the object and its Secrets with your own rights, and speaks to the
    /// registrar from here with the account of those Secrets.
    Capability(CapabilityArgs),
}

impl Args {
    /// Reads the command line; whatever is wrong with it ends the program with code 2.
    pub(crate) fn read() -> Self {
        let args = Self::parse();
        if let Err(error) = args.check() {
            error.exit();
        }
        args
    }

    /// What depends on several arguments.
    fn check(&self) -> Result<(), clap::Error> {
        let Verb::Capability(capability) = &self.verb else { return Ok(()) };
        capability.deed.wishes().map(drop).map_err(|fault| {
            let mut command = Self::command();
            command.build();
            let verb = command.find_subcommand_mut("capability");
            match verb.and_then(|verb| verb.find_subcommand_mut(capability.deed.word())) {
                Some(deed) => deed.error(ErrorKind::ValueValidation, fault),
                None => clap::Error::raw(ErrorKind::ValueValidation, format!("{fault}\n")),
            }
        })
    }
}

/// Arguments of `approve`.
#[derive(Debug, Group)]
pub(crate) struct ApproveArgs {
    /// Name of the Infrastructure.
    #[arg(value_parser = object_name)]
    pub(crate) name: String,

    /// Do not ask. Needed where standard input is no terminal.
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// Approve only when the fingerprint is this one, read at the rack. Spaces, colons and case do not matter.
    #[arg(long, value_name = "VALUE", value_parser = fingerprint)]
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// A name as Kubernetes has them (RFC 1123 subdomain), so that it is one part of an address and nothing else.
pub(crate) fn object_name(text: &str) -> Result<String, &'static str> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_name =
        text.len() <= 253 && text.chars().all(inner) && text.starts_with(end) && text.ends_with(end);
    if is_name { Ok(text.to_owned()) } else { Err("a name has lower-case letters, digits, '-' and '.' only") }
}

fn fingerprint(text: &str) -> Result<Fingerprint, &'static str> {
    Fingerprint::new(text).ok_or("it is empty: give the value that the rack shows, or leave the option out")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> ErrorKind {
        let all = ["kubectl-slipway"].iter().chain(arguments);
        Args::try_parse_from(all).and_then(|args| args.check()).unwrap_err().kind()
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn options_stand_before_and_behind_the_verb() {
        for line in
            ["-n metal --context c approve rack1 --yes", "approve rack1 -y --namespace=metal --context=c"]
        {
            let args = Args::try_parse_from(["kubectl-slipway"].into_iter().chain(line.split(' '))).unwrap();
            let Verb::Approve(approve) = &args.verb else { panic!("{args:?}") };
            assert!(approve.yes && approve.name == "rack1" && approve.fingerprint.is_none());
            assert_eq!(args.cluster.namespace.as_deref(), Some("metal"));
            assert_eq!(args.cluster.context.as_deref(), Some("c"));
        }
    }

    #[test]
    fn wrong_command_lines_are_refused() {
        assert_eq!(refused(&[]), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
        assert_eq!(refused(&["status", "rack1"]), ErrorKind::InvalidSubcommand);
        assert_eq!(refused(&["approve"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refused(&["approve", "a", "b"]), ErrorKind::UnknownArgument);
        for empty in ["", " "] {
            assert_eq!(
                refused(&["approve", "a", "--fingerprint", empty]),
                ErrorKind::ValueValidation,
                "{empty:?}"
            );
        }
        for name in ["", "../x", "a/b", "A", "-a", "a."] {
            assert!(object_name(name).is_err(), "{name:?}");
        }
        assert_eq!(refused(&["approve", "a", "-n", "b/c"]), ErrorKind::ValueValidation);
    }

    #[test]
    fn keys_are_judged_with_their_owner() {
        let set = |more: &[&'static str]| refused(&[&["capability", "set", "a"], more].concat());
        assert_eq!(set(&[]), ErrorKind::MissingRequiredArgument);
        for wrong in ["x", "x=", "a/b=true", "capability.account.x=true"] {
            assert_eq!(set(&[wrong]), ErrorKind::ValueValidation, "{wrong}");
        }
        assert_eq!(set(&["x=1", "--of", "nobody"]), ErrorKind::InvalidValue);
        assert_eq!(refused(&["capability", "unset", "a", "x=1"]), ErrorKind::ValueValidation);
        assert_eq!(refused(&["capability", "get", "a", "x"]), ErrorKind::UnknownArgument);
        assert_eq!(refused(&["capability", "get", "A"]), ErrorKind::ValueValidation);
        let line =
            "kubectl-slipway capability set a capability.account.x=true y=2 --of account --dry-run -n metal";
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        assert!(args.check().is_ok() && args.cluster.namespace.as_deref() == Some("metal"), "{args:?}");
    }

    #[test]
    fn a_wrong_key_leads_to_the_help_of_its_verb() {
        let args = Args::try_parse_from("kubectl-slipway capability set a x".split(' ')).unwrap();
        let text = args.check().unwrap_err().to_string();
        assert!(
            text.contains("\"x\" has no value") && text.contains("Usage: kubectl slipway capability set "),
            "{text}"
        );
    }

    #[test]
    fn exit_codes_are_in_the_help() {
        let mut command = Args::command();
        let whole = command.render_long_help().to_string();
        let verb = command.find_subcommand_mut("approve").unwrap().render_long_help().to_string();
        assert!(whole.contains(EXIT_CODES) && verb.contains(EXIT_CODES) && verb.contains("--fingerprint"));
    }
}
