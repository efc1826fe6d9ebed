//! `crdgen write` writes what is made from the types; `crdgen check` names the files that are out of step.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use slipway_crds::generated::{self, GenerateError};

const USAGE: &str =
    "usage: crdgen write|check [ROOT]\n  ROOT is the root of the repository; left out: this directory";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("crdgen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<ExitCode, GenerateError> {
    match arguments {
        ["write"] => write("."),
        ["write", root] => write(root),
        ["check"] => check("."),
        ["check", root] => check(root),
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}

fn write(root: &str) -> Result<ExitCode, GenerateError> {
    generated::write(Path::new(root)).map(|()| ExitCode::SUCCESS)
}

fn check(root: &str) -> Result<ExitCode, GenerateError> {
    let paths = generated::out_of_step(Path::new(root))?;
    for path in &paths {
        eprintln!("out of step: {}", path.display());
    }
    if paths.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("run: cargo run -p slipway-crds --bin crdgen -- write");
    Ok(ExitCode::FAILURE)
}
