//! The command `codegen-cli`.

use std::process::ExitCode;

use clap::Parser;
use codegen_cli::args::Arguments;

fn main() -> ExitCode {
    match codegen_cli::run(&Arguments::parse().command) {
        Ok(code) => code,
        Err(problems) => {
            eprintln!("{problems}");
            ExitCode::from(2)
        }
    }
}
