//! Addresses of network interfaces, from the kernel's tables: no system call, so that a root that
//! is a directory shows its own.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::root::Reader;

const TABLES: [&str; 3] = ["proc/net/route", "proc/net/fib_trie", "proc/net/if_inet6"];
const MOST: usize = 64;

/// The addresses, looked up again when one of the kernel's tables has changed.
#[derive(Default)]
pub(super) struct Addresses {
    /// Interfaces and their addresses, IPv4 first; those of the loopback are left out.
    pub(super) found: Vec<(String, String)>,
    sums: [u64; 3],
}

impl Addresses {
    pub(super) fn refresh(&mut self, reader: &mut Reader) {
        let sums = TABLES.map(|table| reader.once(table, sum).unwrap_or_default());
        if self.sums != sums {
            self.sums = sums;
            let text = |table| reader.once(table, |text| String::from_utf8_lossy(text).into_owned());
            let [route, trie, inet6] = TABLES.map(text).map(Option::unwrap_or_default);
            self.found = all(&route, &trie, &inet6);
        }
    }
}

/// A sum that tells one text from another (FNV-1a).
fn sum(text: &[u8]) -> u64 {
    let add = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    text.iter().fold(0xcbf2_9ce4_8422_2325, add)
}

fn all(route: &str, trie: &str, inet6: &str) -> Vec<(String, String)> {
    let routes = routes(route);
    let mut found = Vec::new();
    for address in local(trie) {
        // The narrowest network, as the kernel routes; of the same twice the first.
        let of = routes.iter().rev().filter(|route| u32::from(address) & route.mask == route.network);
        let of = of.max_by_key(|route| route.mask);
        found.extend(of.map(|route| (route.interface.clone(), address.to_string())));
    }
    found.extend(inet6.lines().filter_map(ipv6).filter(|(interface, _)| interface != "lo"));
    found.truncate(MOST);
    found
}

/// A network that an interface reaches without a gateway.
struct Route {
    interface: String,
    network: u32,
    mask: u32,
}

/// The lines of `/proc/net/route`: `Iface Destination Gateway Flags RefCnt Use Metric Mask ...`,
/// numbers in hexadecimal and in the byte order of the network read as little endian.
fn routes(text: &str) -> Vec<Route> {
    let hex = |text: &str| Some(u32::from_str_radix(text, 16).ok()?.swap_bytes());
    let line = |line: &str| {
        let mut columns = line.split_ascii_whitespace();
        let (interface, network, gateway) = (columns.next()?, hex(columns.next()?)?, hex(columns.next()?)?);
        let mask = hex(columns.nth(4)?)?;
        (gateway == 0 && mask != 0).then(|| Route { interface: interface.to_owned(), network, mask })
    };
    text.lines().skip(1).filter_map(line).collect()
}

/// The addresses of this host in `/proc/net/fib_trie`: a leaf, and behind it `/32 host LOCAL`.
fn local(text: &str) -> Vec<Ipv4Addr> {
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut leaf: Option<Ipv4Addr> = None;
    for line in text.lines() {
        if let Some((_, address)) = line.split_once("|-- ") {
            leaf = address.trim().parse().ok();
        } else if line.contains("/32 host LOCAL") {
            found.extend(leaf.filter(|address| !address.is_loopback() && !found.contains(address)));
        }
    }
    found
}

/// `address index prefix scope flags interface`, the address as 32 digits.
fn ipv6(line: &str) -> Option<(String, String)> {
    let mut columns = line.split_ascii_whitespace();
    let address = columns.next().filter(|address| address.len() == 32)?;
    let address = Ipv6Addr::from(u128::from_str_radix(address, 16).ok()?);
    Some((columns.nth(4)?.to_owned(), address.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_tables() {
        let text = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
                    eth0 00000000 0101A8C0 0003 0 0 100 00000000 0 0 0\n\
                    eth0 0001A8C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n\
                    broken 0001\n";
        let routes = routes(text);
        assert_eq!(routes.len(), 1);
        assert_eq!((routes[0].network, routes[0].mask), (0xc0a8_0100, 0xffff_ff00));
        let text = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.168.1.0\n        /24 link UNICAST\n     |-- 192.168.1.20\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.168.1.20\n        /32 host LOCAL\n     |-- x\n        /32 host LOCAL\n";
        assert_eq!(local(text), [Ipv4Addr::new(192, 168, 1, 20)]);
    }

    #[test]
    fn ok_an_address_belongs_to_its_narrowest_network() {
        let wide = "tun0 0000000A 00000000 0001 0 0 0 000000FF 0 0 0\n";
        let narrow = "eth0 0002010A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        let trie = "|-- 10.1.2.3\n /32 host LOCAL\n";
        for route in [format!("head\n{wide}{narrow}"), format!("head\n{narrow}{wide}")] {
            assert_eq!(all(&route, trie, ""), [("eth0".to_owned(), "10.1.2.3".to_owned())], "{route}");
        }
    }

    #[test]
    fn ok_ipv6_lines() {
        for (line, wanted) in [
            ("fe800000000000000000000000000001 02 40 20 80     eth0", Some(("eth0", "fe80::1"))),
            ("00000000000000000000000000000001 01 80 10 80       lo", Some(("lo", "::1"))),
            ("fe80 02 40 20 80 eth0", None),
            ("zz800000000000000000000000000001 02 40 20 80 eth0", None),
            ("fe800000000000000000000000000001 02", None),
            ("", None),
        ] {
            let wanted = wanted.map(|(interface, address)| (interface.to_owned(), address.to_owned()));
            assert_eq!(ipv6(line), wanted, "{line}");
        }
    }
}
