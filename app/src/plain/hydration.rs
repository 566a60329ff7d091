//! What loads the WebAssembly client into a page. Leptos has such tags too; its own look for the list of lazily loaded modules in a folder, and
//! say nothing where there is none.

use std::collections::HashMap;

use leptos::WasmSplitManifest;
use leptos::nonce::use_nonce;
use leptos::prelude::*;

/// The files of a build, as documents name them; a clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct BuildFiles {
    root: String,
    modules: Option<WasmSplitManifest>,
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
        Ok(Self { root, modules })
    }

    /// Of a build that has no such list, or none that can be read.
    pub fn without_modules(root: String) -> Self {
        Self { root, modules: None }
    }

    /// What stands before the paths of the files.
    pub fn root(&self) -> &str {
        &self.root
    }
}

/// Script and module of the client.
fn client(root: &str) -> [String; 2] {
    ["veranda.js", "veranda.wasm"].map(|file| format!("{root}/pkg/{file}"))
}

/// The script in a page that starts the client.
pub fn start_script(root: &str) -> String {
    let [script, wasm] = client(root);
    format!(
        "import({script:?}).then(client => client.default({{module_or_path: {wasm:?}}}).then(() => client.hydrate()))"
    )
}

/// Has the browser fetch the client early, and start it; tells Leptos which modules the page will want.
pub(super) fn hydration(files: &BuildFiles) -> impl IntoView + use<> {
    if let Some(modules) = &files.modules {
        provide_context(modules.clone());
    }
    let nonce = use_nonce();
    let [script, wasm] = client(&files.root);
    let start = start_script(&files.root);
    view! {
        <link rel="modulepreload" href=script crossorigin="anonymous"/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
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
