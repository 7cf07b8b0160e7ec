//! The only source of chance in the model: a splitmix64 sequence.
//!
//! Two generators with the same seed give the same numbers for ever and on
//! every machine; nothing here asks the operating system for anything.

/// A splitmix64 generator; every seed is a good one, zero included.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// Starts the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..n`; 0 when `n` is 0. The bias of the remainder is far
    /// below what the model resolves.
    pub fn below(&mut self, n: u32) -> i64 {
        match n {
            0 => 0,
            n => (self.next() >> 33) as i64 % i64::from(n),
        }
    }

    /// A number in `-span..=span`, small values as likely as large ones.
    pub fn noise(&mut self, span: u32) -> i64 {
        self.below(span.saturating_mul(2).saturating_add(1)) - i64::from(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_sequence() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(rng.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn stays_in_range() {
        let mut rng = Rng::new(7);
        let seen: Vec<i64> = (0..2000).map(|_| rng.noise(3)).collect();
        assert!(seen.iter().all(|n| (-3..=3).contains(n)));
        assert!(seen.contains(&-3) && seen.contains(&3));
        assert_eq!(rng.below(0), 0);
    }
}
