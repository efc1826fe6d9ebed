//! Reads the arguments: a flag goes before the environment, the environment before the file, the file before the default.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Arg, ArgAction, ArgMatches, Command, CommandFactory, Error, FromArgMatches, error::ErrorKind,
    parser::MatchesError,
};

use super::{Args, file};

/// What the operator is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// To run until it is told to stop.
    Run,
    /// To say whether it could run (`slipway check`).
    Check,
}

const CHECK: &str = "check";

/// Flags, by the names of their fields, that say nothing without another one.
const NEEDS: [(&str, &str); 3] = [
    ("http_boot_program", "boot_url"),
    ("metrics_tls_cert", "metrics_tls_key"),
    ("metrics_tls_key", "metrics_tls_cert"),
];

/// The operator's own arguments; ends the process with the code 2 and a word of what is wrong, or with 0 after `--help`.
pub(crate) fn read() -> (Args, Task) {
    from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

fn from(arguments: impl IntoIterator<Item = OsString>) -> Result<(Args, Task), Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut matches = command().try_get_matches_from(&arguments)?;
    if let Some(file) = configured(&matches)? {
        matches = with_file(&file)?.try_get_matches_from(&arguments)?;
    }
    judge(&matches)?;
    let task = if matches.subcommand_name() == Some(CHECK) { Task::Check } else { Task::Run };
    Ok((Args::from_arg_matches(&matches)?, task))
}

fn configured(matches: &ArgMatches) -> Result<Option<PathBuf>, Error> {
    let file: Result<Option<&PathBuf>, MatchesError> = matches.try_get_one("config");
    file.map(Option::<&PathBuf>::cloned)
        .map_err(|error| Error::raw(ErrorKind::InvalidValue, format!("{error}\n")))
}

/// What the file says becomes the defaults: so it needs no list of its own, and goes behind flags and environment.
fn with_file(file: &std::path::Path) -> Result<Command, Error> {
    let mut command = command();
    let said = file::read(file, &command)
        .map_err(|fault| Error::raw(ErrorKind::InvalidValue, format!("{fault}\n")))?;
    for (name, values) in said {
        // Kept until the process ends, which is how long its arguments are.
        let values = values.into_iter().map(|value| &*value.leak());
        command = command.mut_arg(name, |arg| arg.default_values(values));
    }
    Ok(command)
}

/// clap's own `requires` does not see what the file says.
fn judge(matches: &ArgMatches) -> Result<(), Error> {
    let lack = NEEDS.iter().find(|(one, other)| matches.contains_id(one) && !matches.contains_id(other));
    let Some((one, other)) = lack else { return Ok(()) };
    let names =
        |field: &str| format!("--{} ({}, {})", field.replace('_', "-"), variable(field), file::key(field));
    let message = format!("{} is given, so {} must be too\n", names(one), names(other));
    Err(Error::raw(ErrorKind::MissingRequiredArgument, message))
}

/// The definition of [`Args`] with what is the same for every argument.
pub(super) fn command() -> Command {
    let check = Command::new(CHECK).about(
        "Says whether the operator could run with these arguments: the Kubernetes API, the definitions of the kinds, the rights, the files. Ends with 0 or 1",
    );
    Args::command().mut_args(finish).subcommand(check)
}

/// The environment variable of an argument, by the name of its field.
pub(super) fn variable(field: &str) -> String {
    format!("SLIPWAY_{}", field.to_uppercase())
}

fn finish(arg: Arg) -> Arg {
    let variable: &'static str = variable(arg.get_id().as_str()).leak();
    let arg = arg.env(variable).global(true);
    match arg.get_action() {
        // `--flag=false` goes before an environment and a file that say `true`.
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false"),
        _ => arg,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, net::SocketAddr, time::Duration};

    use tempfile::TempDir;

    use super::*;

    fn file(content: &str) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("config.yaml");
        fs::write(&file, content).unwrap();
        (folder, file)
    }

    /// Arguments with a file before them.
    fn with(content: &str, arguments: &[&str]) -> Result<(Args, Task), String> {
        let (_folder, file) = file(content);
        let start = ["slipway".into(), "--config".into(), file.into_os_string()];
        from(start.into_iter().chain(arguments.iter().map(Into::into))).map_err(|error| error.to_string())
    }

    fn without(arguments: &[&str]) -> Result<(Args, Task), String> {
        let all = std::iter::once(&"slipway").chain(arguments);
        from(all.map(Into::into)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        command().debug_assert();
        for (one, other) in NEEDS {
            let command = command();
            let is_there = |field| command.get_arguments().any(|arg| arg.get_id() == field);
            assert!(is_there(one) && is_there(other), "{one} {other}");
        }
    }

    #[test]
    fn every_argument_has_a_flag_and_a_variable_of_its_name() {
        for arg in command().get_arguments() {
            let long = arg.get_long().unwrap();
            let field = arg.get_id().as_str().replace('_', "-");
            assert!(field == long || field == format!("{long}s"), "{field} {long}");
            assert_eq!(arg.get_env().unwrap().to_str().unwrap(), variable(arg.get_id().as_str()));
        }
    }

    #[test]
    fn the_file_goes_before_defaults_and_behind_flags() {
        let file = "namespaces: [a, b]\npollInterval: 5s\nmetricsBind: 127.0.0.1:1\nallowInsecureTls: true\nociCallsPerMinute: 7\n";
        let (args, task) = with(file, &["--metrics-bind", "127.0.0.1:2"]).unwrap();
        assert_eq!(task, Task::Run);
        assert_eq!(
            (args.namespaces, args.poll_interval),
            (vec!["a".into(), "b".into()], Duration::from_secs(5))
        );
        assert_eq!(args.metrics_bind, "127.0.0.1:2".parse::<SocketAddr>().unwrap());
        assert!(args.allow_insecure_tls && !args.allow_oci_principal);
        assert_eq!((args.oci_calls_per_minute, args.lease_duration), (7, Duration::from_secs(15)));
        let (args, _) = with(file, &["--allow-insecure-tls=false", "--namespace", "c"]).unwrap();
        assert_eq!((args.allow_insecure_tls, args.namespaces), (false, vec!["c".into()]));
        let (args, _) = with("namespaces: []\n", &[]).unwrap();
        assert!(args.namespaces.is_empty());
        assert!(with("", &[]).is_ok() && with("# nothing yet\n", &[]).is_ok());
    }

    #[test]
    fn a_switch_needs_no_value() {
        assert!(without(&["--allow-insecure-tls"]).unwrap().0.allow_insecure_tls);
        assert!(!without(&["--allow-insecure-tls=false"]).unwrap().0.allow_insecure_tls);
        assert!(without(&["--allow-insecure-tls=maybe"]).unwrap_err().contains("maybe"));
    }

    #[test]
    fn check_takes_the_same_arguments_on_either_side() {
        for arguments in [["check", "--namespace", "a"], ["--namespace", "a", "check"]] {
            let (args, task) = without(&arguments).unwrap();
            assert_eq!((args.namespaces, task), (vec!["a".into()], Task::Check));
        }
        let (args, task) = with("namespaces: [a]\nlog: debug\n", &["check", "--log", "warn"]).unwrap();
        assert_eq!((args.namespaces, args.log, task), (vec!["a".into()], "warn".into(), Task::Check));
    }

    #[test]
    fn arguments_that_need_each_other_are_named() {
        let told = without(&["--metrics-tls-cert", "tls.crt"]).unwrap_err();
        for word in ["--metrics-tls-cert", "--metrics-tls-key", "SLIPWAY_METRICS_TLS_KEY", "metricsTlsKey"] {
            assert!(told.contains(word), "{told}");
        }
        let told = with("httpBootProgram: ipxe.efi\n", &[]).unwrap_err();
        assert!(told.contains("httpBootProgram") && told.contains("bootUrl"), "{told}");
        assert!(with("metricsTlsCert: a\n", &["--metrics-tls-key", "b"]).is_ok());
    }

    #[test]
    fn mistakes_in_the_file_name_file_key_value_and_mend() {
        for (content, words) in [
            ("pollIntervall: 5s\n", &["pollIntervall", "5s", "pollInterval"][..]),
            ("poll-interval: 5s\n", &["poll-interval", "pollInterval"]),
            ("nonsense: 1\n", &["nonsense", "docs/reference/operator.md"]),
            ("config: other.yaml\n", &["config", "other.yaml"]),
            ("pollInterval: 60\n", &["pollInterval", "60", "write for example 90s"]),
            ("pollInterval: [5s]\n", &["pollInterval", "[5s]", "one value"]),
            ("namespaces: a\n", &["namespaces", "\"a\"", "a list"]),
            ("namespaces: [{a: 1}]\n", &["namespaces", "{a: 1}"]),
            ("bootUrl:\n", &["bootUrl", "null", "remove the key"]),
            ("logFormat: xml\n", &["logFormat", "xml", "json, text"]),
            ("allowInsecureTls: yes please\n", &["allowInsecureTls", "yes please", "true, false"]),
            ("log: info\nlog: debug\n", &["\"log\"", "twice"]),
            ("- namespaces\n", &["keys with values"]),
            ("log: [\n", &["YAML"]),
        ] {
            let told = with(content, &[]).unwrap_err();
            let all = words.iter().chain(&["config.yaml"]).all(|word| told.contains(word));
            assert!(all && told.starts_with("error: "), "{content}{told}");
        }
        let told = without(&["--config", "nowhere/config.yaml"]).unwrap_err();
        assert!(told.contains("nowhere/config.yaml") && told.contains("--config"), "{told}");
    }
}
