//! Fills the templates, which hold loops and flags only.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use crate::problems::Problems;

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name, ".jinja")))),*]
    };
}

/// Every template, by the name of its file.
const TEMPLATES: &[(&str, &str)] = templates![
    "project/Cargo.toml",
    "project/README.md",
    "project/build.rs",
    "project/cargo.toml",
    "project/config.toml",
    "project/demo.rs",
    "project/entities.rs",
    "project/gitignore",
    "project/lib.rs",
    "project/main.rs",
    "project/rustfmt.toml",
    "eject/mapper.rs",
    "eject/repository.rs",
    "eject/router.rs",
    "eject/use_case.rs",
    "entity/entity.rs",
    "entity/events.rs",
    "entity/mod.rs",
    "entity/rules.rs",
    "entity/test.rs",
];

/// Fills one template.
///
/// # Errors
/// When a template asks for something that it is not given: a defect of ours.
pub fn render(name: &str, context: &Value) -> Result<String, Problems> {
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| defect(name, &error))?;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax);
    let source =
        TEMPLATES.iter().find(|(found, _)| *found == name).map_or("", |(_, source)| source);
    environment.render_str(source, context).map_err(|error| defect(name, &error))
}

fn defect(name: &str, error: &minijinja::Error) -> Problems {
    Problems::one(
        format!("the template {name} cannot be filled: {error}"),
        "this is a defect of codegen-cli: please report it",
    )
}
