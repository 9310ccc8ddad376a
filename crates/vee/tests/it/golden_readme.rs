//! The vectors say of themselves what another product has to know: `docs/vee/golden/README.md` names every file, column, role and
//! setting. The requirement catalogue has the same settings.

use std::collections::BTreeSet;

use vee::settings::SettingForm;

use crate::documents::built;
use crate::notation::repository;

/// A file of vectors.
struct File {
    name: String,
    columns: Vec<String>,
    /// What its lines are about, where the second column says so.
    roles: BTreeSet<String>,
}

fn files() -> Vec<File> {
    let folder = std::fs::read_dir(repository().join("docs/vee/golden")).expect("the vectors");
    let paths = folder.map(|file| file.expect("a file").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "csv")).map(|path| file(&path)).collect()
}

fn file(path: &std::path::Path) -> File {
    let text = std::fs::read_to_string(path).expect("a file of vectors");
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let columns: Vec<String> = lines.next().expect("a line of column names").split(',').map(str::to_owned).collect();
    let role = |line: &str| line.split(',').nth(1).map(str::to_owned);
    let roles = lines.filter_map(role).filter(|_| columns[1] == "role").collect();
    File { name: path.file_name().expect("a name").to_string_lossy().into_owned(), columns, roles }
}

fn readme() -> String {
    std::fs::read_to_string(repository().join("docs/vee/golden/README.md")).expect("the page")
}

/// The section of the page that has a file, and the cells of its row.
fn of_file<'a>(page: &'a str, file: &str) -> (&'a str, Vec<&'a str>) {
    let begin = format!("| [`{file}`]({file}) |");
    let section = page.split("\n## ").find(|section| section.contains(&begin)).unwrap_or_else(|| panic!("no {file}"));
    let row = section.lines().find(|line| line.starts_with(&begin)).expect("a row");
    (section, row.trim_matches('|').split('|').map(str::trim).collect())
}

fn is_explained(section: &str, name: &str) -> bool {
    let begin = format!("| `{name}` | ");
    section.lines().any(|line| line.strip_prefix(&begin).is_some_and(|meaning| !meaning.starts_with('|')))
}

#[test]
fn the_page_names_every_file_column_and_role() {
    let page = readme();
    for File { name, columns, roles } in files() {
        let (section, row) = of_file(&page, &name);
        let named: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
        assert_eq!(row[2], named.join(", "), "{name}");
        let missing: Vec<_> = columns.iter().chain(&roles).filter(|name| !is_explained(section, name)).collect();
        assert!(missing.is_empty(), "{name}: {missing:?} are not explained in its section");
    }
    let names: BTreeSet<String> = files().into_iter().map(|file| file.name).collect();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| [`")?.split('`').next());
    let gone: Vec<&str> = rows.filter(|row| !names.contains(*row)).collect();
    assert!(gone.is_empty(), "{gone:?} are named and not there");
}

#[test]
fn the_page_has_the_settings_of_every_file() {
    let page = readme();
    for built in built() {
        let file = files().into_iter().map(|file| file.name).find(|name| is_about(name, built.id)).expect(built.id);
        let (_, row) = of_file(&page, &file);
        let settings: Vec<String> =
            built.settings.iter().map(|form| format!("`{} = {}`", form.name, form.default)).collect();
        assert_eq!(row[3], settings.join(", "), "{file}");
    }
}

fn is_about(file: &str, id: &str) -> bool {
    file.split('_').next().is_some_and(|begin| begin.eq_ignore_ascii_case(id))
}

/// The cells of a line; what stands between quotes is one cell, and has no quotes in it.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            _ => cells.last_mut().expect("a cell").push(character),
        }
    }
    cells
}

/// What we take by default, beside what the source says; nothing where a rule has no settings.
#[test]
fn the_requirements_have_the_defaults() {
    let path = repository().join("requirements/vee-catalogue.csv");
    let text = std::fs::read_to_string(path).expect("the catalogue of requirements");
    let rows: Vec<Vec<String>> = text.lines().map(cells).collect();
    let column = |name: &str| rows[0].iter().position(|column| column == name).expect("a column");
    let (parameter, value) = (column("parameter"), column("value"));
    for built in built().into_iter().filter(|built| built.id != "auto") {
        let row = rows.iter().find(|row| row[0] == built.id).unwrap_or_else(|| panic!("no row {}", built.id));
        let joined = |cell: fn(&SettingForm) -> &'static str| {
            built.settings.iter().map(|form| cell(form).replace("; ", ", ")).collect::<Vec<_>>().join(";")
        };
        assert_eq!(row[parameter], joined(|form| form.name), "{}", built.id);
        assert_eq!(row[value], joined(|form| form.default), "{}", built.id);
    }
}
