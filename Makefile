# JetsonScope: what people type. cargo does the work.
#   make            build the executable
#   make check      everything that needs no more than Rust
#   make install    binary, links and manuals below $(DESTDIR)$(PREFIX), and what starts the daemon

PREFIX = /usr/local
DESTDIR =
CARGO = cargo
CARGOFLAGS = --release --locked
BINARY = target/release/jetsonscope
VERSION = $$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# Where the parts go. The programs look for their configuration, socket and state in /etc, /run and
# /var, whatever PREFIX is. For a package on Ubuntu 18.04 and 20.04: UNITDIR=/lib/systemd/system.
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/jetsonscope
SCRIPTDIR = $(PREFIX)/share/jetsonscope
CURVEDIR = $(PREFIX)/share/jetsonscope/curves
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
TMPFILESDIR = $(PREFIX)/lib/tmpfiles.d
SYSCONFDIR = /etc
RUNDIR = /run
# What starts the daemon: systemd, openrc, sysv, busybox or none.
INIT = systemd

# The names of the applets, as `jetsonscope --list` prints them.
LINKS = jscope jscopectl jetsonscopectl jscoped jetsonscoped jetson_scope_release jetson_scope_env jetson_scope_snapshot jetson_scope_swap jetson_scope_config tegrastats-emulator
# The manuals; what follows the dot is the section.
MAN = jetsonscope.1 jscope.1 jscopectl.1 jetson_scope_release.1 jetson_scope_env.1 jetson_scope_snapshot.1 jetson_scope_swap.1 jetson_scope_config.1 tegrastats-emulator.1 jetsonscope.conf.5 jetsonscope-curve.5 jetsonscope-protocol.7 jscoped.8

# Files of packaging/, each as mode:file:place.
PLACE_systemd = 644:systemd/jscoped.service:$(UNITDIR)/jscoped.service \
	644:systemd/jscoped.socket:$(UNITDIR)/jscoped.socket \
	644:sysusers.d/jetsonscope.conf:$(SYSUSERSDIR)/jetsonscope.conf \
	644:tmpfiles.d/jetsonscope.conf:$(TMPFILESDIR)/jetsonscope.conf
PLACE_openrc = 755:openrc/jscoped:$(SYSCONFDIR)/init.d/jscoped
PLACE_sysv = 755:sysv/jscoped:$(SYSCONFDIR)/init.d/jscoped
PLACE_busybox = 755:busybox/S90jscoped:$(SYSCONFDIR)/init.d/S90jscoped
PLACE_none =
PLACE = $(PLACE_$(INIT)) \
	644:jetsonscope.conf:$(SYSCONFDIR)/jetsonscope/jetsonscope.conf \
	644:cron.d/jetsonscope:$(SYSCONFDIR)/cron.d/jetsonscope \
	644:logrotate.d/jetsonscope:$(SYSCONFDIR)/logrotate.d/jetsonscope \
	755:scripts/jetsonscope-service.sh:$(SCRIPTDIR)/jetsonscope-service.sh \
	644:curves/silent.conf:$(CURVEDIR)/silent.conf \
	644:curves/balanced.conf:$(CURVEDIR)/balanced.conf \
	644:curves/cold.conf:$(CURVEDIR)/cold.conf \
	755:openrc/jscoped:$(DOCDIR)/examples/openrc/jscoped \
	755:sysv/jscoped:$(DOCDIR)/examples/sysv/jscoped \
	755:busybox/S90jscoped:$(DOCDIR)/examples/busybox/S90jscoped
PLACER = DESTDIR='$(DESTDIR)' BINDIR='$(BINDIR)' SYSCONFDIR='$(SYSCONFDIR)' RUNDIR='$(RUNDIR)' \
	sh packaging/place.sh

bindir = $(DESTDIR)$(BINDIR)
mandir = $(DESTDIR)$(MANDIR)

all: build

build:
	$(CARGO) build $(CARGOFLAGS) --bin jetsonscope

install: $(BINARY)
	@case $(INIT) in systemd | openrc | sysv | busybox | none) ;; *) echo 'INIT: "$(INIT)"' >&2; exit 1 ;; esac
	umask 022; install -d '$(bindir)' '$(DESTDIR)$(SYSCONFDIR)/jetsonscope/conf.d'
	install -m 755 $(BINARY) '$(bindir)/jetsonscope'
	for name in $(LINKS); do ln -sf jetsonscope '$(bindir)/'$$name || exit 1; done
	umask 022; for page in $(MAN); do install -d '$(mandir)/'man$${page##*.} && \
		install -m 644 man/$$page '$(mandir)/'man$${page##*.}/ || exit 1; done
	$(PLACER) install $(PLACE)

$(BINARY):
	$(CARGO) build $(CARGOFLAGS) --bin jetsonscope

# What was edited below SYSCONFDIR stays.
uninstall:
	cd '$(bindir)' && rm -f jetsonscope $(LINKS)
	for page in $(MAN); do rm -f '$(mandir)/'man$${page##*.}/$$page; done
	$(PLACER) uninstall $(PLACE)
	for directory in $(SYSCONFDIR)/jetsonscope/conf.d $(SYSCONFDIR)/jetsonscope $(CURVEDIR) $(SCRIPTDIR) \
		$(DOCDIR)/examples/openrc $(DOCDIR)/examples/sysv $(DOCDIR)/examples/busybox $(DOCDIR)/examples \
		$(DOCDIR); do rmdir '$(DESTDIR)'$$directory 2>/dev/null; done; true

test:
	$(CARGO) test --locked

check: fmt-check clippy test

fmt:
	$(CARGO) fmt

fmt-check:
	$(CARGO) fmt --check

clippy:
	$(CARGO) clippy --locked --all-targets -- -D warnings

# Manuals as text, beside the build.
man:
	mkdir -p target/man
	for page in $(MAN); do mandoc -T utf8 man/$$page >target/man/$$page.txt || exit 1; done

# The pictures in man/img/, anew.
screenshots:
	mkdir -p man/img
	JETSONSCOPE_BLESS=1 $(CARGO) test --locked --test scenes

bench:
	$(CARGO) bench --locked

# Everything that is checked before a change lands.
ci:
	bash .ci/run

# The crates, for a build without a network: cargo build --offline --locked.
vendor:
	mkdir -p .cargo
	$(CARGO) vendor --locked >.cargo/config.toml

dist:
	mkdir -p target/dist
	git archive --format=tar --prefix=jetsonscope-$(VERSION)/ HEAD | gzip -9n >target/dist/jetsonscope-$(VERSION).tar.gz

clean:
	$(CARGO) clean

.PHONY: all build install uninstall test check fmt fmt-check clippy man screenshots bench ci vendor dist clean
