//! What the checks look at, read once: the resolved graph, and the text of every member.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

/// Relative path with `/`, to contents.
pub(crate) type Files = BTreeMap<String, String>;

#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    pub(crate) members: Vec<Member>,
    pub(crate) packages: Vec<Package>,
    /// Names of those that a build with the default features of every member has.
    pub(crate) by_default: BTreeSet<String>,
    /// The root's own documents, and those under `docs/`.
    pub(crate) documents: Files,
}

/// A member of the workspace; a library crate when it can be published.
#[derive(Default)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Relative to the root.
    pub(crate) folder: PathBuf,
    pub(crate) description: String,
    pub(crate) published: bool,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// Members that this one needs to build, optional ones included, its tests not.
    pub(crate) siblings: BTreeSet<String>,
    pub(crate) files: Files,
}

/// A package of the resolved graph, of any platform.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: Option<String>,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self, String> {
        let metadata = MetadataCommand::new()
            .features(CargoOpt::AllFeatures)
            .other_options(["--locked".to_owned()])
            .exec()
            .map_err(|error| error.to_string().trim().replace('\n', " "))?;
        let mut workspace = Self::read(&metadata)?;
        workspace.by_default = by_default()?;
        Ok(workspace)
    }

    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.published)
    }

    fn read(metadata: &Metadata) -> Result<Self, String> {
        let root = metadata.workspace_root.as_std_path();
        let names: BTreeSet<&str> =
            metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();

        let mut members = Vec::new();
        for package in metadata.workspace_packages() {
            let folder = package.manifest_path.parent().ok_or("a manifest without a folder")?;
            let siblings = package
                .dependencies
                .iter()
                .filter(|d| d.kind != DependencyKind::Development && d.path.is_some())
                .filter(|d| names.contains(d.name.as_str()))
                .map(|d| d.name.clone())
                .collect();
            members.push(Member {
                name: package.name.to_string(),
                folder: folder.as_std_path().strip_prefix(root).unwrap_or(root).to_owned(),
                description: package.description.clone().unwrap_or_default(),
                published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
                features: package.features.clone(),
                siblings,
                files: read_tree(folder.as_std_path())?,
            });
        }

        let packages = metadata
            .packages
            .iter()
            .map(|package| Package {
                name: package.name.to_string(),
                version: package.version.to_string(),
                licence: package.license.clone(),
            })
            .collect();

        let mut documents = Files::new();
        for entry in fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))? {
            let entry = entry.map_err(|error| format!("{}: {error}", root.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_file() && (name.ends_with(".md") || name.starts_with("LICENSE-")) {
                documents.insert(name, read(&entry.path())?);
            }
        }
        for (path, text) in read_tree(&root.join("docs"))? {
            documents.insert(format!("docs/{path}"), text);
        }
        let target = metadata.target_directory.clone().into_std_path_buf();
        let by_default = BTreeSet::new();
        Ok(Self { root: root.to_owned(), target, members, packages, by_default, documents })
    }
}

fn by_default() -> Result<BTreeSet<String>, String> {
    let metadata = MetadataCommand::new()
        .other_options(["--locked".to_owned()])
        .exec()
        .map_err(|error| error.to_string().trim().replace('\n', " "))?;
    let graph = metadata.resolve.as_ref().ok_or("cargo metadata resolved nothing")?;
    let name =
        |id: &PackageId| metadata.packages.iter().find(|p| p.id == *id).map(|p| p.name.to_string());
    Ok(graph.nodes.iter().filter_map(|node| name(&node.id)).collect())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The sources, manifests and documents under `folder`; not what tools leave there.
fn read_tree(folder: &Path) -> Result<Files, String> {
    let mut files = Files::new();
    let mut pending = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = pending.pop() {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.file_type().map_err(failed)?.is_dir() {
                if !matches!(name.as_str(), "target" | "corpus" | "artifacts" | "vectors") {
                    pending.push((entry.path(), format!("{path}/")));
                }
            } else if is_text(&name) {
                files.insert(path, read(&entry.path())?);
            }
        }
    }
    Ok(files)
}

fn is_text(name: &str) -> bool {
    name.starts_with("LICENSE-")
        || [".rs", ".toml", ".md"].iter().any(|extension| name.ends_with(extension))
}

#[cfg(test)]
impl Member {
    /// A library crate with nothing in it.
    pub(crate) fn library(name: &str) -> Self {
        Self { name: name.to_owned(), published: true, ..Self::default() }
    }

    pub(crate) fn with_file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn with_siblings(mut self, siblings: &[&str]) -> Self {
        self.siblings = siblings.iter().map(|name| (*name).to_owned()).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_workspace() {
        let workspace = Workspace::load().expect("the lock file is complete");
        let xtask = workspace.members.iter().find(|member| member.name == "xtask").unwrap();
        assert!(!xtask.published);
        assert!(xtask.files["src/workspace.rs"].contains("fn reads_this_workspace"));
        let merkle = workspace.libraries().find(|member| member.name == "cess-merkle").unwrap();
        assert!(merkle.files.contains_key("Cargo.toml"));
        assert!(workspace.packages.iter().any(|package| package.name == "cargo_metadata"));
        assert!(workspace.by_default.contains("cargo_metadata"));
        assert!(workspace.by_default.len() < workspace.packages.len(), "some are optional");
    }
}
