//! L4T releases, as far as they change what a board prints.

/// A major release of L4T; ordered, so that `release >= Release::R34` reads as
/// it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// R28.2, JetPack 3.2.
    R28,
    /// R31, JetPack 4.1.
    R31,
    /// R32, JetPack 4.2 to 4.6; printed as R32.6 did.
    R32,
    /// R34, JetPack 5.0.
    R34,
    /// R35, JetPack 5.1.
    R35,
    /// R36, JetPack 6.
    R36,
    /// R38, JetPack 7.0.
    R38,
    /// R39, JetPack 7.2.
    R39,
}

const NAMES: [(Release, &str); 8] = [
    (Release::R28, "R28"),
    (Release::R31, "R31"),
    (Release::R32, "R32"),
    (Release::R34, "R34"),
    (Release::R35, "R35"),
    (Release::R36, "R36"),
    (Release::R38, "R38"),
    (Release::R39, "R39"),
];

impl Release {
    /// Every release the model prints, oldest first.
    pub fn all() -> impl Iterator<Item = Release> {
        NAMES.iter().map(|(release, _)| *release)
    }

    /// Reads `R36`, `r36` or `36`; a minor number (`36.4`) is not accepted.
    pub fn parse(text: &str) -> Option<Release> {
        let digits = text.strip_prefix(['R', 'r']).unwrap_or(text);
        NAMES.iter().find(|(_, name)| name.strip_prefix('R') == Some(digits)).map(|(release, _)| *release)
    }

    /// `R28` to `R39`.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(release, _)| *release == self).map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for release in Release::all() {
            let name = release.name();
            assert_eq!(Release::parse(name), Some(release), "{name}");
            assert_eq!(Release::parse(&name.to_lowercase()), Some(release));
            assert_eq!(Release::parse(&name[1..]), Some(release));
        }
    }

    #[test]
    fn err_other_text() {
        for text in ["", "R", "r", "R33", "36.4", "RR36", " R36", "R36 ", "3"] {
            assert_eq!(Release::parse(text), None, "{text:?}");
        }
    }
}
