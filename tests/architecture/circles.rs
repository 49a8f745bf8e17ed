//! Inside a room files depend on each other in one direction: no circle of imports. A module and the modules below it count
//! as one house with its floors, so an import between them is none.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Source, code_only, sources, starts_path};

/// Circles that are still there. Each is to be opened; the list only gets shorter.
const LEFT: &[&str] = &[];

type Module = Vec<String>;
type Imports = BTreeMap<Module, BTreeSet<Module>>;

/// `src/web/admin/mod.rs` and `src/web/admin.rs` are both `web::admin`.
fn module_of(path: &str) -> Module {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// The paths that `rest` goes on with; a group in braces is many.
fn paths(rest: &str) -> Vec<Module> {
    let rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        return parts_of_group(group).into_iter().flat_map(paths).collect();
    }
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return vec![Module::new()];
    }
    let Some(more) = rest[name.len()..].strip_prefix("::") else { return vec![vec![name]] };
    paths(more)
        .into_iter()
        .map(|mut path| {
            path.insert(0, name.clone());
            path
        })
        .collect()
}

/// What stands between the commas of a group, whose opening brace was read.
fn parts_of_group(group: &str) -> Vec<&str> {
    let (mut level, mut from, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => {
                parts.push(&group[from..at]);
                break;
            }
            '}' => level -= 1,
            ',' if level == 0 => {
                parts.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Every path that a file of `module` names, from the root of the crate on.
fn named_in(code: &str, module: &Module) -> Vec<Module> {
    let mut found = Vec::new();
    for (prefix, mut base) in [
        ("crate::", Module::new()),
        ("self::", module.clone()),
        ("super::", module[..module.len() - 1].to_vec()),
    ] {
        for (at, _) in code.match_indices(prefix).filter(|(at, _)| starts_path(code, *at)) {
            let mut rest = &code[at + prefix.len()..];
            let first = base.clone();
            while let Some(further) = rest.strip_prefix("super::") {
                base.pop();
                rest = further;
            }
            found.extend(paths(rest).into_iter().map(|path| [base.clone(), path].concat()));
            base = first;
        }
    }
    found
}

fn imports(files: &[Source]) -> Imports {
    let files: Vec<&Source> = files
        .iter()
        .filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"))
        .collect();
    let modules: BTreeSet<Module> = files.iter().map(|file| module_of(&file.path)).collect();
    let mut imports = Imports::new();
    for file in files {
        let module = module_of(&file.path);
        let code = code_only(&file.text);
        let named = named_in(&code, &module).into_iter().filter_map(|path| {
            (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|path| modules.contains(path))
        });
        let others = named.filter(|other| {
            other.first() == module.first() && !other.starts_with(&module) && !module.starts_with(other)
        });
        imports.insert(module.clone(), others.collect());
    }
    imports
}

/// A way along the imports from a module back to itself.
fn circle_from(start: &Module, imports: &Imports) -> Option<Vec<Module>> {
    let mut reached = BTreeMap::<&Module, &Module>::new();
    let mut open = vec![start];
    while let Some(module) = open.pop() {
        for next in imports.get(module).into_iter().flatten() {
            if next == start {
                let mut way = vec![module.clone()];
                while let Some(before) = way.last().and_then(|last| reached.get(last)) {
                    way.push((*before).clone());
                }
                way.reverse();
                return Some(way);
            }
            if !reached.contains_key(next) {
                reached.insert(next, module);
                open.push(next);
            }
        }
    }
    None
}

fn circles(files: &[Source]) -> Vec<String> {
    let imports = imports(files);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for module in imports.keys() {
        let Some(circle) = circle_from(module, &imports) else { continue };
        if !circle.iter().any(|module| seen.contains(module)) {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            found.push(format!("{} -> {}", names.join(" -> "), names[0]));
        }
        seen.extend(circle);
    }
    found
}

#[test]
fn no_files_of_a_room_import_each_other_in_a_circle() {
    let found = circles(&sources());
    let new: Vec<&String> = found.iter().filter(|circle| !LEFT.contains(&circle.as_str())).collect();
    assert!(new.is_empty(), "{new:#?}");
    let opened: Vec<&&str> = LEFT.iter().filter(|left| !found.iter().any(|circle| circle == *left)).collect();
    assert!(opened.is_empty(), "remove from the list: {opened:#?}");
}

#[test]
fn the_checker_finds_a_planted_circle() {
    let file = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let planted = [
        file("src/store/mod.rs", "pub mod a; pub mod b; use a::A;"),
        file("src/store/a.rs", "use super::{Tx, b::{self, B}};"),
        file("src/store/b.rs", "use crate::store::c::C;"),
        file("src/store/c.rs", "fn f() { super::a::g() }"),
    ];
    assert_eq!(circles(&planted), ["store::a -> store::b -> store::c -> store::a"]);
    assert!(circles(&planted[..3]).is_empty());
    let floors = [
        file("src/web/x.rs", "mod y; use self::y::Y;"),
        file("src/web/x/y.rs", "use super::X; // crate::web::z"),
    ];
    assert!(circles(&floors).is_empty());
}
