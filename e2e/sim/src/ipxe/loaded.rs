//! Images that a script has downloaded.

/// A program that a script hands the machine to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    /// Where it came from.
    pub(crate) url: String,
    /// Kernel arguments.
    pub(crate) arguments: String,
    /// Names under which the initrds are found.
    pub(crate) initrds: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) arguments: String,
}

/// The images in memory, one of which may be selected for `boot`.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    images: Vec<Image>,
    selected: Option<String>,
}

impl Loaded {
    pub(super) fn add(&mut self, image: Image) {
        self.images.retain(|known| known.name != image.name);
        self.images.push(image);
    }

    pub(super) fn select(&mut self, name: &str) -> bool {
        let known = self.images.iter().any(|image| image.name == name);
        if known {
            self.selected = Some(name.to_owned());
        }
        known
    }

    pub(super) fn set_arguments(&mut self, name: &str, arguments: String) -> bool {
        let image = self.images.iter_mut().find(|image| image.name == name);
        image.map(|image| image.arguments = arguments).is_some()
    }

    /// Frees one image, or all.
    pub(super) fn free(&mut self, name: Option<&str>) -> bool {
        let before = self.images.len();
        self.images.retain(|image| name.is_some_and(|name| image.name != name));
        if self.selected.as_deref().is_some_and(|selected| name.is_none_or(|name| name == selected)) {
            self.selected = None;
        }
        name.is_none() || self.images.len() < before
    }

    /// The selected image with every other one as its initrd.
    pub(super) fn program(&self) -> Option<Program> {
        let selected = self.selected.as_deref()?;
        let kernel = self.images.iter().find(|image| image.name == selected)?;
        let others = self.images.iter().filter(|image| image.name != selected);
        Some(Program {
            url: kernel.url.clone(),
            arguments: kernel.arguments.clone(),
            initrds: others.map(|image| image.name.clone()).collect(),
        })
    }
}
