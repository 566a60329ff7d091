//! What loads the WebAssembly client into a page. Leptos has such tags too; its own look for the list of lazily loaded modules in a folder, and
//! say nothing where there is none.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use leptos::WasmSplitManifest;
use leptos::nonce::use_nonce;
use leptos::prelude::*;

/// The files of a build, as documents name them; a clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct BuildFiles {
    root: String,
    modules: Option<WasmSplitManifest>,
    cdn: Option<Cdn>,
}

/// Where a build's list of lazily loaded modules is, below its root.
pub const SPLIT_MANIFEST: &str = "pkg/__wasm_split_manifest.json";

/// The script that loads those modules.
const SPLIT_LOADER: &str = "__wasm_split.______________________.js";

impl BuildFiles {
    /// `root` stands before the paths of the files. `manifest` is the content of [`SPLIT_MANIFEST`], where the build has it.
    ///
    /// # Errors
    ///
    /// When the list is not what cargo-leptos writes: the build's fault.
    pub fn new(root: String, manifest: Option<&[u8]>) -> serde_json::Result<Self> {
        let modules = manifest.map(serde_json::from_slice::<HashMap<String, Vec<String>>>).transpose()?;
        let loaded = |modules| (format!("{root}/pkg"), modules, SPLIT_LOADER.to_owned());
        let modules = modules.map(|modules| WasmSplitManifest(ArcStoredValue::new(loaded(modules))));
        Ok(Self { root, modules, cdn: None })
    }

    /// Of a build that has no such list, or none that can be read.
    pub fn without_modules(root: String) -> Self {
        Self { root, modules: None, cdn: None }
    }

    /// The same, with modules from elsewhere.
    #[must_use]
    pub fn with_cdn(self, cdn: Cdn) -> Self {
        Self { cdn: Some(cdn), ..self }
    }

    /// Where modules come from, if it is not the server itself.
    pub fn cdn(&self) -> Option<&Cdn> {
        self.cdn.as_ref()
    }

    /// What stands before the paths of the files.
    pub fn root(&self) -> &str {
        &self.root
    }
}

/// Where modules come from besides the server itself, and what each has to be; a clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct Cdn {
    base: String,
    /// The modules below the root of the build, by what is in them as browsers check it (Subresource Integrity), as JSON.
    integrity: Arc<str>,
}

impl Cdn {
    /// `base` stands before the root of the build; modules are named by their paths below it, with `sha256-` and their digest in Base64.
    pub fn new(base: &str, integrity: &BTreeMap<String, String>) -> Self {
        Self { base: base.to_owned(), integrity: serde_json::json!(integrity).to_string().into() }
    }

    /// What stands before the root of the build.
    pub fn base(&self) -> &str {
        &self.base
    }
}

/// Script and module of the client.
fn client(root: &str) -> [String; 2] {
    ["veranda.js", "veranda.wasm"].map(|file| format!("{root}/pkg/{file}"))
}

/// The script in a page that starts the client.
pub fn start_script(root: &str, cdn: Option<&Cdn>) -> String {
    let [script, wasm] = client(root);
    let from_cdn = cdn.map_or_else(String::new, |cdn| {
        format!("({})({:?},{root:?},{});", FROM_CDN.trim_end(), cdn.base, cdn.integrity)
    });
    format!(
        "{from_cdn}import({script:?}).then(client => client.default({{module_or_path: {wasm:?}}}).then(() => client.hydrate()))"
    )
}

/// Has modules fetched from elsewhere, as what they have to be or not at all; and then from here.
const FROM_CDN: &str = include_str!("from_cdn.js");

/// Has the browser fetch the client early, and start it; tells Leptos which modules the page will want.
pub(super) fn hydration(files: &BuildFiles) -> impl IntoView + use<> {
    if let Some(modules) = &files.modules {
        provide_context(modules.clone());
    }
    let nonce = use_nonce();
    let [script, wasm] = client(&files.root);
    let start = start_script(&files.root, files.cdn.as_ref());
    // What is fetched early cannot be checked then, so that it would be fetched twice.
    let is_from_here = files.cdn.is_none();
    view! {
        <link rel="modulepreload" href=script crossorigin="anonymous"/>
        {is_from_here.then(|| view! { <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/> })}
        <script type="module" nonce=nonce inner_html=start></script>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leptos_is_told_which_modules_a_build_has_and_a_list_that_is_none_is_an_error() {
        let files = BuildFiles::new(
            "/builds/x".to_owned(),
            Some(br#"{"call_screen":["split_call_screen","chunk_6"]}"#),
        )
        .unwrap();
        Owner::new_root(None).with(|| {
            _ = hydration(&files).to_html();
            let (folder, modules, loader) = use_context::<WasmSplitManifest>().unwrap().0.get_value();
            assert_eq!((&*folder, &*loader), ("/builds/x/pkg", SPLIT_LOADER));
            assert_eq!(modules["call_screen"], ["split_call_screen", "chunk_6"]);
        });
        assert!(BuildFiles::new(String::new(), Some(b"[1]")).is_err());
        assert!(BuildFiles::new(String::new(), None).is_ok());
    }
}
