//! `new-entity`: an entity's files, its migration and its registration.

use std::fs;
use std::path::Path;

use crate::args::NewEntity;
use crate::diff::schema::Schema;
use crate::migration;
use crate::names::EntityName;
use crate::plan::{File, Plan};
use crate::problems::Problems;
use crate::project::{Project, cargo, show};
use crate::register::register;
use crate::render::render;
use crate::rust::entity_context;
use crate::snapshot;
use crate::spec::{self, EntitySpec, Switches};
use crate::sql::{Dialect, down, up};

/// Carries the command out.
///
/// # Errors
/// Everything that stands in its way.
pub fn run(new: &NewEntity) -> Result<(), Problems> {
    let plan = plan(new)?;
    if !plan.carry_out(new.dry_run)? {
        println!("{} exists already; nothing to do", new.name);
        return Ok(());
    }
    if new.dry_run {
        println!("\nnothing was written (--dry-run)");
    } else {
        print!("\n{}", next(&plan));
    }
    Ok(())
}

/// What is left to the user.
fn next(plan: &Plan) -> String {
    let root = &plan.root;
    let rules = plan.files.iter().find(|file| file.path.ends_with("rules.rs"));
    let rules = rules.map_or("rules.rs".to_owned(), |file| show(&root.join(&file.path)));
    let (test, run) = (cargo(root, "test"), cargo(root, "run"));
    let mut next = format!("next: write its rules in {rules}, then `{test}` and `{run}`\n");
    let document = root.join("openapi.json");
    if document.is_file() {
        next.push_str(&format!("next: {run} -- openapi > {}\n", show(&document)));
    }
    next
}

fn plan(new: &NewEntity) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    let project = problems.take(Project::open(&new.path));
    let name = problems.take(EntityName::parse(&new.name, new.plural.as_deref()));
    let (Some(project), Some(name)) = (project, name) else { return Err(problems) };
    check_taken(&project, &name, &mut problems);
    let switches = Switches {
        events: new.with_events,
        cache: new.with_cache.clone(),
        soft_delete: new.soft_delete,
    };
    let spec = problems.take(spec::parse(name, &new.fields, switches, &project.targets()));
    let Some(spec) = spec else { return Err(problems) };
    problems.into_result(())?;
    let mut files = files(&spec, &project.crate_name, &project.root)?;
    files.extend(schema(&spec, &project.root)?);
    files.push(registration(&project.root, &spec.name.module)?);
    Ok(Plan { root: project.root, files })
}

/// Names that another entity has.
fn check_taken(project: &Project, name: &EntityName, problems: &mut Problems) {
    for found in &project.entities {
        let reference = &found.target.reference;
        let is_same = reference.entity == name.type_name;
        if is_same && found.module != name.module {
            problems.add(
                format!("`{}` exists already, in src/entities/{}", name.type_name, found.module),
                "choose another name, or add your fields there",
            );
        } else if !is_same && found.module == name.module {
            problems.add(
                format!(
                    "the module `{}` exists already, with the entity `{}`",
                    name.module, reference.entity
                ),
                "choose another name",
            );
        } else if !is_same && (reference.table == name.plural || found.target.plural == name.plural)
        {
            problems.add(
                format!("`{}` has the plural `{}` already", reference.entity, name.plural),
                "name another one with `--plural`",
            );
        }
    }
}

/// The files of an entity, without its registration.
///
/// # Errors
/// When a template is broken, or the schema that is there cannot be read.
pub fn files(spec: &EntitySpec, crate_name: &str, root: &Path) -> Result<Vec<File>, Problems> {
    let context = entity_context(spec, crate_name);
    let module = &spec.name.module;
    let mut files = Vec::new();
    let events = spec.events.then_some("events");
    for part in ["entity", "rules"].into_iter().chain(events).chain(["mod"]) {
        let text = render(&format!("entity/{part}.rs"), &context)?;
        files.push(File::new(format!("src/entities/{module}/{part}.rs"), text));
    }
    files.push(File::new(format!("tests/{module}.rs"), render("entity/test.rs", &context)?));
    let table = &spec.name.plural;
    let before = known(root)?;
    // Without a schema nothing says that the table was dropped.
    let is_in_schema = before.is_none_or(|schema| schema.table(table).is_some());
    let folder = migration::folder_of_table(
        &root.join("migrations"),
        &format!("create_{table}"),
        is_in_schema,
    );
    for dialect in Dialect::BOTH {
        let stem = format!("migrations/{folder}/{}", dialect.stem());
        files.push(File::new(format!("{stem}.up.sql"), up(spec, dialect)));
        files.push(File::new(format!("{stem}.down.sql"), down(spec)));
    }
    Ok(files)
}

/// The schema of the project with this entity; nothing where the project has migrations and no schema yet.
///
/// # Errors
/// When the schema that is there cannot be read.
pub fn schema(spec: &EntitySpec, root: &Path) -> Result<Vec<File>, Problems> {
    let texts = snapshot::read(root)?;
    let before = match &texts {
        Some(texts) => snapshot::parse(texts)?,
        None if snapshot::has_migrations(root) => return Ok(Vec::new()),
        None => Schema::default(),
    };
    if before.table(&spec.name.plural).is_some() {
        return Ok(Vec::new());
    }
    let mut schema = snapshot::parse(&Dialect::BOTH.map(|dialect| up(spec, dialect)))?;
    schema.tables.extend(before.tables);
    Ok(snapshot::files(texts.as_ref(), &schema))
}

/// The schema that the migrations make, where it is written down.
fn known(root: &Path) -> Result<Option<Schema>, Problems> {
    snapshot::read(root)?.as_ref().map(snapshot::parse).transpose()
}

fn registration(root: &Path, module: &str) -> Result<File, Problems> {
    let path = "src/entities/mod.rs";
    let before = fs::read_to_string(root.join(path)).map_err(|error| {
        Problems::one(
            format!("{} cannot be read: {error}", show(&root.join(path))),
            "make it readable",
        )
    })?;
    let text = register(&before, module)?;
    Ok(File { path: path.to_owned(), text, edits: Some(before) })
}
