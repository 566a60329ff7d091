//! No two files name each other, by whatever detour: what both need has a file of its own. Read are the `use` declarations; what a module
//! only names on for others counts as the file it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::{Item, UseTree};

use super::{our_crates, read, rust_files};

/// A module, by its path within its crate; the empty one is the crate's root.
type Module = Vec<String>;

/// A `use` declaration.
struct Use {
    path: Module,
    /// Whether it names something on for others, and needs nothing of it.
    is_named_on: bool,
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut edges = 0;
    for (name, folder) in our_crates() {
        let modules = modules(&folder.join("src"));
        let named = graph(&modules);
        edges += named.values().map(BTreeSet::len).sum::<usize>();
        let circle = circle(named);
        assert!(circle.is_empty(), "{name}: these files name each other: {circle:?}");
    }
    assert!(edges > 500, "only {edges} arrows between files were found");
}

#[test]
fn a_circle_is_found() {
    let of = |text: &str| uses(&syn::parse_file(text).unwrap().items);
    let module = |name: &str| vec![name.to_owned()];
    let modules = BTreeMap::from([
        (vec![], of("mod a; mod b; mod c; pub use a::Thing;")),
        (module("a"), of("use crate::b::{self, Other as Another};")),
        (module("b"), of("use crate::{Thing, c::*};")),
        (module("c"), of("#[cfg(test)] mod tests { use crate::a::Thing; }")),
    ]);
    assert_eq!(circle(graph(&modules)), [module("a"), module("b")]);
}

/// What each module names, as it is written.
fn modules(src: &Path) -> BTreeMap<Module, Vec<Use>> {
    let files =
        rust_files(src).into_iter().filter(|file| !file.ends_with("main.rs") || !src.join("lib.rs").exists());
    let read = |file: &Path| {
        let parsed =
            syn::parse_file(&read(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        uses(&parsed.items)
    };
    let module = |file: &Path| -> Module {
        let inner = file.strip_prefix(src).unwrap_or(file).with_extension("");
        let mut parts: Module = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            parts.pop();
        }
        parts
    };
    files.map(|file| (module(&file), read(&file))).collect()
}

fn uses(items: &[Item]) -> Vec<Use> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Use(one) = item {
            let mut paths = Vec::new();
            flatten(&one.tree, &mut Vec::new(), &mut paths);
            let is_named_on = !matches!(one.vis, syn::Visibility::Inherited);
            found.extend(paths.into_iter().map(|path| Use { path, is_named_on }));
        }
    }
    found
}

fn flatten(tree: &UseTree, before: &mut Module, found: &mut Vec<Module>) {
    let with = |name: String, before: &Module| before.iter().cloned().chain([name]).collect();
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => found.push(before.clone()),
        UseTree::Name(name) => found.push(with(name.ident.to_string(), before)),
        UseTree::Rename(rename) => found.push(with(rename.ident.to_string(), before)),
        UseTree::Glob(_) => found.push(before.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, found)),
    }
}

/// Which modules each names.
fn graph(modules: &BTreeMap<Module, Vec<Use>>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut named_on = BTreeMap::new();
    for (module, uses) in modules {
        for Use { path, .. } in uses {
            if let (Some(full), Some(last)) = (absolute(module, path, modules), path.last()) {
                named_on.insert(module.iter().cloned().chain([last.clone()]).collect::<Module>(), full);
            }
        }
    }
    let named = modules.iter().map(|(module, uses)| {
        let needed = uses.iter().filter(|one| !one.is_named_on);
        let paths = needed.filter_map(|one| absolute(module, &one.path, modules));
        let of = paths.map(|path| resolve(path, modules, &named_on)).filter(|of| of != module);
        (module.clone(), of.collect())
    });
    named.collect()
}

/// A path from the crate's root; `None` when it leads out of the crate.
fn absolute(module: &Module, path: &Module, modules: &BTreeMap<Module, Vec<Use>>) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let (_, parent) = module.split_last()?;
            let rest = rest.to_vec();
            let is_further = rest.first().is_some_and(|next| next == "super");
            if is_further {
                absolute(&parent.to_vec(), &rest, modules)
            } else {
                Some([parent, &rest].concat())
            }
        }
        first => {
            let child: Module = module.iter().cloned().chain([first.to_owned()]).collect();
            modules.contains_key(&child).then(|| [module.as_slice(), path].concat())
        }
    }
}

/// The file in which what a path leads to is.
fn resolve(
    mut path: Module,
    modules: &BTreeMap<Module, Vec<Use>>,
    named_on: &BTreeMap<Module, Module>,
) -> Module {
    let mut seen = BTreeSet::new();
    loop {
        let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]));
        let length = length.unwrap_or_default();
        let further = path.get(..=length).and_then(|name| named_on.get(name));
        match further {
            Some(further) if seen.insert(path.clone()) => path = [further, &path[length + 1..]].concat(),
            Some(_) | None => return path[..length].to_vec(),
        }
    }
}

/// What is left when everything is taken away that names nothing, or that nothing names.
fn circle(mut named: BTreeMap<Module, BTreeSet<Module>>) -> Vec<Module> {
    loop {
        let before = named.len();
        let here: BTreeSet<_> = named.keys().cloned().collect();
        named.retain(|_, names| names.iter().any(|one| here.contains(one)));
        let are_named: BTreeSet<_> = named.values().flatten().cloned().collect();
        named.retain(|module, _| are_named.contains(module));
        if named.len() == before {
            return named.into_keys().collect();
        }
    }
}
