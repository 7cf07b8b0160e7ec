//! Lists that are filled again and again with much the same: they keep their entries, and the
//! entries their names, so that a steady sample allocates nothing.

use std::ops::Deref;

/// What a [`Recycled`] list holds: it can be emptied and keep its room.
pub trait Recycle: Default {
    /// The text that it is known by.
    fn name(&self) -> &str;

    /// The same text, to change it.
    fn name_mut(&mut self) -> &mut String;

    /// Empties everything else.
    fn recycle(&mut self);
}

impl Recycle for String {
    fn name(&self) -> &str {
        self
    }

    fn name_mut(&mut self) -> &mut String {
        self
    }

    fn recycle(&mut self) {}
}

/// A list that keeps its entries when it is emptied, so that filling it again allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Recycled<T> {
    entries: Vec<T>,
    len: usize,
    /// Since the list was emptied, an entry got another name than it had.
    renamed: bool,
}

impl<T: Recycle> Recycled<T> {
    /// Empties the list.
    pub fn clear(&mut self) {
        self.len = 0;
        self.renamed = false;
    }

    /// Adds an entry without a name.
    pub fn add(&mut self) -> &mut T {
        self.renamed = true;
        let entry = self.next();
        entry.name_mut().clear();
        entry
    }

    /// Takes the last entry away.
    pub fn drop_last(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    /// Whether an entry of that name may be added by [`Recycled::add_again`]: it stood at this
    /// place before the list was emptied, and all before it stand where they stood, so none of
    /// them has its name.
    pub fn expects(&self, name: &[u8]) -> bool {
        !self.renamed && self.entries.get(self.len).is_some_and(|entry| entry.name().as_bytes() == name)
    }

    /// Adds the entry that stood here before, with its name and nothing else.
    pub fn add_again(&mut self) -> &mut T {
        self.next()
    }

    /// Adds an entry of that name, which need not differ from others.
    pub fn entry(&mut self, name: &str) -> &mut T {
        if self.expects(name.as_bytes()) {
            return self.next();
        }
        let entry = self.add();
        entry.name_mut().push_str(name);
        entry
    }

    fn next(&mut self) -> &mut T {
        if self.len == self.entries.len() {
            self.entries.push(T::default());
        }
        let entry = &mut self.entries[self.len]; // len is below entries.len() by the line above
        self.len += 1;
        entry.recycle();
        entry
    }

    /// The entries, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.entries[..self.len].iter_mut() // len never exceeds entries.len()
    }
}

impl<T> Deref for Recycled<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries[..self.len] // len never exceeds entries.len()
    }
}

impl<T: PartialEq> PartialEq for Recycled<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Recycled<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Rail;

    #[test]
    fn ok_an_entry_is_known_again_only_behind_the_same_ones() {
        let mut list = Recycled::<Rail>::default();
        let mut fill = |names: &[&str]| {
            list.clear();
            let mut known = Vec::new();
            for name in names {
                let again = list.expects(name.as_bytes());
                match again {
                    true => drop(list.add_again()),
                    false => list.add().name.push_str(name),
                }
                known.push(again);
            }
            (list.iter().map(|rail| rail.name.clone()).collect::<Vec<_>>(), known)
        };
        for (names, known) in [
            (vec!["A", "B"], vec![false, false]),
            (vec!["A", "B"], vec![true, true]),
            (vec!["B", "B"], vec![false, false]),
            (vec!["B"], vec![true]),
            (vec!["B", "B", "C"], vec![true, true, false]),
            (vec![], vec![]),
        ] {
            assert_eq!(fill(&names), (names.iter().map(|n| n.to_string()).collect(), known));
        }
    }
}
