#!/usr/bin/env bash
# Installs a build into a folder of its own, moves it, and builds and runs the examples against it.
#   tests/examples/run.sh [--filter TEXT] [BUILD]        (build/native)
set -u  # what fails prints nothing, which is not what is expected
shopt -s lastpipe  # expect() counts in this shell
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

filter=
if [[ ${1:-} == --filter ]]; then filter=$2; shift 2; fi
build=$(realpath "${1:-build/native}")
examples=$PWD/examples
work=$(mktemp -d) || exit 1
trap 'kill ${server:-} 2>/dev/null; rm -rf "$work"' EXIT
installed=$work/moved
passed=0 failed=0

expect() {  # name, what it should print; what it prints comes on standard input
  local printed
  printed=$(cat)
  if [[ $printed == "$2" ]]; then
    passed=$((passed + 1))
    printf 'ok   %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n  expected: %s\n  printed:  %s\n' "$1" "$2" "$printed"
  fi
}

wanted() { [[ $1 == *"$filter"* ]]; }

cmake --install "$build" --prefix "$work/installed" >"$work/install.log" || exit 1
mv "$work/installed" "$installed" || exit 1
libraries=$(dirname "$(find "$installed" -name 'liboutboard.so')")

shown_symbols() { nm -D --defined-only "$libraries/liboutboard.so" | awk '{ print $3 }' | grep -v '^outboard_' || true; }
if wanted shared-library-shows-the-c-interface-only; then
  shown_symbols | expect shared-library-shows-the-c-interface-only ''
fi

installed_headers() { (cd "$installed/include/outboard" && printf '%s\n' *.h *.hpp) | sort; }
if wanted all-public-headers-are-installed; then
  installed_headers | expect all-public-headers-are-installed "$(cd include/outboard && printf '%s\n' *.h *.hpp | sort)"
fi

# ---- find_package(Outboard) ----

cmake_example() {
  cmake -S "$examples/cmake" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$installed" &&
    cmake --build "$work/cmake"
}
if wanted cmake-finds-the-package; then
  cmake_example >"$work/cmake.log" 2>&1 || tail -n 30 "$work/cmake.log"
  { "$work/cmake/notes" "$work/notes.db" Sea Shore; "$work/cmake/notes" "$work/notes.db" Sand; } |
    expect cmake-finds-the-package $'Sea\nShore\nSand\nSea\nShore'
  "$work/cmake/version" | expect cmake-finds-the-c-interface "$("$installed/bin/outboard" version | cut -d' ' -f1-2)"

  OUTBOARD_TOKEN=secret "$installed/bin/outboard" serve "$work/visits.db" >"$work/ready" 2>"$work/serve.log" &
  server=$!
  for ((tenths = 0; tenths < 200; ++tenths)); do [[ -s $work/ready ]] && break; sleep 0.1; done
  url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$work/ready")
  { for name in Ada Ada Bob; do OUTBOARD_TOKEN=secret "$work/cmake/shared" "$url" $name; done; } |
    expect cmake-connects-to-a-served-database $'Ada: 1\nAda: 2\nBob: 1'
  kill "$server"
fi

# ---- Loops ----

for loop in asio glib; do
  wanted "cmake-$loop-notes" || continue
  { cmake -S "$examples/$loop" -B "$work/$loop" -DCMAKE_PREFIX_PATH="$installed" && cmake --build "$work/$loop"; } \
    >"$work/$loop.log" 2>&1 || tail -n 30 "$work/$loop.log"
  { "$work/$loop/notes" "$work/$loop.db" Sea Shore; "$work/$loop/notes" "$work/$loop.db" Sand; } 2>&1 |
    expect "cmake-$loop-notes" $'Sea\nShore\nSand\nSea\nShore'
done

# ---- pkg-config ----

if wanted pkg-config-finds-the-package; then
  cp -r "$examples/pkg-config" "$work/pkg-config"
  export PKG_CONFIG_PATH=$libraries/pkgconfig
  make -C "$work/pkg-config" >"$work/make.log" 2>&1 || tail -n 30 "$work/make.log"
  "$work/pkg-config/stream" | expect pkg-config-finds-the-package 500000500000
  # shellcheck disable=SC2046
  cc $(pkg-config --cflags outboard-c) -o "$work/version" "$examples/cmake/version.c" $(pkg-config --libs outboard-c)
  LD_LIBRARY_PATH=$libraries "$work/version" |
    expect pkg-config-finds-the-c-interface "$("$installed/bin/outboard" version | cut -d' ' -f1-2)"
fi

# ---- Python ----

if wanted python-calls-the-c-interface; then
  python3 "$examples/python/notes.py" "$work/python.db" "$libraries/liboutboard.so.0" |
    expect python-calls-the-c-interface "$(awk '/^```/ { inside = $0 == "```text"; next } inside' docs/guide-c.md)"
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
