#!/usr/bin/env bash
# Makes a Debian 12 machine able to build Outboard, or to build and test it.
#   tools/setup.sh build|test
# Asks nothing, may be run again at any time, and is quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C  # apt's words are read below: let it say them in English

say() { printf 'set-up: %s\n' "$*"; }
fail() { printf 'set-up: %s\n' "$*" >&2; exit 1; }

purpose=${1:-test}
[[ $purpose == build || $purpose == test ]] || fail "usage: tools/setup.sh build|test"

# ---- Debian packages ----

listed_packages() {
  awk -v purpose="$purpose" '
    { sub(/#.*/, "") }
    /^\[/ { section = $1; next }
    NF && (section == "[build]" || section == "[" purpose "]") { print $1 }' tools/debian-packages.txt
}

# Prints "name version" of those that are there; one call for all, which fails where one is absent.
installed_packages() {
  { dpkg-query --show --showformat '${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null || true; } |
    awk '$1 == "installed" { print $2, $3 }'
}

offered_packages() {
  apt-cache policy "$@" 2>/dev/null |
    awk '/^[^ ].*:$/ { name = substr($1, 1, length($1) - 1) } /Candidate: [^(]/ { print name }'
}

lines_without() {  # lines of the first file that are not in the second
  comm -23 <(sort -u "$1") <(sort -u "$2")
}

node_is_usable() {
  command -v npm >/dev/null &&
    node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "packages are missing, and there is neither root nor sudo here to install them." \
      "As root, once: apt-get install --no-install-recommends ${missing[*]}"
  fi
}

# A fresh machine may still be busy with its own updates, so wait for the lock; and a package that
# comes along must not ask about a configuration file that somebody edited.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}

not_offered() { lines_without <(printf '%s\n' "$@") <(offered_packages "$@"); }

install_packages() {
  say "installing: $*"
  local unknown
  if [[ -n $(not_offered "$@") ]]; then  # a fresh machine has no package lists yet
    apt_get update || say "apt-get update failed; trying with the package lists that are here."
    unknown=$(not_offered "$@" | paste -sd ' ')
    if [[ $unknown == *-22* ]]; then
      fail "clang 22 comes from Debian's security suite, which is not among this machine's apt sources." \
        "Add the suite bookworm-security (component main) of your Debian security mirror to" \
        "/etc/apt/sources.list and run this again."
    elif [[ -n $unknown ]]; then
      fail "apt does not offer: $unknown. Is bookworm (component main) among its sources?"
    fi
  fi
  # Lists that are some days old name versions that a mirror no longer has: refresh them, once.
  apt_get install "$@" || { apt_get update && apt_get install "$@"; } ||
    fail "apt-get could not install the packages; its own message is above."
}

set_up_debian() {
  local listed present
  mapfile -t listed < <(listed_packages)
  node_is_usable || listed+=(nodejs npm)
  present=$(installed_packages "${listed[@]}")
  mapfile -t missing < <(lines_without <(printf '%s\n' "${listed[@]}") <(cut -d' ' -f1 <<<"$present"))
  if ((${#missing[@]})); then
    install_packages "${missing[@]}"
    say "installed, in these versions:"
    installed_packages "${missing[@]}" | sed 's/^/  /'
    present=$(installed_packages "${listed[@]}")
  fi
  say "all ${#listed[@]} Debian packages are present:" \
    "$(grep -E '^(g\+\+|cmake|clang-22|chromium) ' <<<"$present" | paste -sd, | sed 's/,/, /g')"
}

# On another system the names and versions of packages differ, so only look whether the tools exist.
look_for_tools() {
  say "this is not Debian 12, the only system Outboard is tested on; going on with the tools that are here."
  local tools=(g++ cmake ninja clang++-22 wasm-ld-22 wasm-opt node npm) absent=() tool
  [[ $purpose == build ]] || tools+=(clang-format-22 clang-tidy-22 chromium)
  for tool in "${tools[@]}"; do
    command -v "$tool" >/dev/null || absent+=("$tool")
  done
  ((${#absent[@]} == 0)) || fail "not found: ${absent[*]}. tools/debian-packages.txt lists what is needed."
}

# ---- npm packages ----

# The lock file that was last installed is its own stamp: a checkout changes times, not contents.
set_up_npm() {
  local stamp=build/npm-installed-lock.json
  if [[ ! -d web/node_modules ]] || ! cmp --silent web/package-lock.json "$stamp"; then
    say "installing the npm packages of web/package-lock.json"
    mkdir -p build
    rm -f "$stamp"
    (cd web && npm ci --ignore-scripts --no-audit --no-fund) ||
      fail "npm could not install web/package-lock.json; its own message is above."
    cp web/package-lock.json "$stamp"
  fi
  say "the npm packages are those of web/package-lock.json (node $(node --version))"
}

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}") || system=
if [[ $system == "debian 12" ]]; then set_up_debian; else look_for_tools; fi
node_is_usable ||
  fail "the node on the PATH ($(command -v node || echo none)) is older than 18 or has no npm beside it."
set_up_npm
