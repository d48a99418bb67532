#!/usr/bin/env bash
# Checks the files of the repository: their format, where they may reach, what must not be in them.
#   tools/lint.sh [--fix]
# --fix formats the C++ first. clang-tidy reads the compile commands of build/native, or of the folder
# in OUTBOARD_COMPILE_COMMANDS. Prints a line per check and ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

lines_max=500
commands=${OUTBOARD_COMPILE_COMMANDS:-build/native}
passed=0 failed=0

# Takes what a check found wrong on its standard input, a line each: none is well.
report() {  # name, what was looked at
  local found count
  found=$(head -n 200)
  if [[ -z $found ]]; then
    passed=$((passed + 1))
    printf 'ok   %s: %s\n' "$1" "$2"
  else
    failed=$((failed + 1))
    count=$(wc -l <<<"$found")
    printf 'FAIL %s: %d found\n' "$1" "$count"
    head -n 40 <<<"$found" | sed 's/^/       /'
  fi
}

# ---- The files ----

listed() {  # patterns: files that git keeps, or would
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    [[ ! -f $file ]] || printf '%s\n' "$file"
  done | sort -u
}

mapfile -t cpp < <(listed '*.cc' '*.h' '*.hpp' '*.c')
mapfile -t headers < <(listed 'src/*.h' 'include/*.h' 'include/*.hpp')
mapfile -t code < <(listed '*.cc' '*.h' '*.hpp' '*.c' '*.ts' '*.tsx' '*.js' '*.mjs' '*.css' '*.sh' '*.cmake' run test .ci/run)
# Fuzzers' inputs are bytes; lock files and licences are somebody else's text.
mapfile -t texts < <(listed . | grep -vE '^tests/fuzz/corpus/|package-lock\.json$|^LICENSE$|\.(png|ico|wasm|woff2?|db)$')
mapfile -t shells < <(
  for file in "${texts[@]}"; do
    [[ $file != *.sh ]] && ! head -n 1 "$file" | grep -qE '^#!.*\bbash' || printf '%s\n' "$file"
  done
)

# ---- The checks ----

check_format() {
  clang-format-22 --dry-run -Werror "${cpp[@]}" 2>&1 | grep -E '(error|warning):' |
    cut -d: -f1 | sort | uniq -c | awk '{ print $2 ": " $1 " places; tools/lint.sh --fix" }'
}

# A file of src/X includes only what room X knows, according to the room() lines of the build.
check_rooms() {
  cat CMakeLists.txt cmake/*.cmake | awk '
    FNR == NR {
      line = $0
      if (!match(line, /^ *room\([a-z_]+/)) next
      gsub(/[()]/, " ", line)
      count = split(line, words, /[ \t]+/)
      name = ""; known = 0
      for (i = 1; i <= count; ++i) {
        if (words[i] == "" || words[i] == "room") continue
        if (name == "") { name = words[i]; room[name] = 1; continue }
        if (words[i] ~ /^[A-Z]+$/) { known = words[i] == "KNOWS"; continue }
        if (known) knows[name, words[i]] = 1
      }
      next
    }
    FNR == 1 {  # the links that are made of links, once
      if (!closed) {
        for (middle in room) for (left in room) for (right in room)
          if (((left, middle) in knows) && ((middle, right) in knows)) knows[left, right] = 1
        for (middle in room) for (left in room) for (right in room)
          if (((left, middle) in knows) && ((middle, right) in knows)) knows[left, right] = 1
        closed = 1
      }
      split(FILENAME, path, "/")
      here = path[2]
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
      split($0, quoted, "\"")
      slash = index(quoted[2], "/")
      if (!slash) {
        print FILENAME ":" FNR ": \"" quoted[2] "\" is without its room"
        next
      }
      there = substr(quoted[2], 1, slash - 1)
      if (path[3] == "merge" && there != "base" && quoted[2] !~ /^journal\/merge\//)
        print FILENAME ":" FNR ": the merge kernel knows base only"
      if (there == here || here == "cli" || ((here, there) in knows)) next
      print FILENAME ":" FNR ": " here " does not know " there
    }' - $(listed 'src/*.cc' 'src/*.h')
}

check_header_comments() {
  for file in "${headers[@]}"; do
    [[ $(head -c 2 "$file") == // ]] || echo "$file does not begin with a comment that says what it is"
  done
}

check_length() {
  wc -l "${code[@]}" | awk -v most=$lines_max '
    { limit = $2 ~ /test/ ? most * 3 / 2 : most }
    $2 != "total" && $1 > limit { print $2 ": " $1 " lines" }'
}

check_blanks() { grep -nP '[ \t]+$|\t|\r' "${texts[@]}" /dev/null | cut -c1-160 || true; }

# Spelled so that this file does not find itself.
check_words() {
  grep -nwE 'TO[D]O|FIX[M]E|X[X]X' "${texts[@]}" /dev/null | cut -c1-160 || true
  grep -nE '(^|[^[:alnum:]_.])/[w]ork/' "${texts[@]}" /dev/null | cut -c1-160 || true
  local sources
  mapfile -t sources < <(listed 'web/src/*' | grep -v '^web/src/worker/')
  ((${#sources[@]} == 0)) || grep -nE 'console\.(log|debug|trace)' "${sources[@]}" /dev/null || true
}

check_shells() {
  for file in "${shells[@]}"; do bash -n "$file" 2>&1 || true; done
}

check_tidy() {
  [[ -f $commands/compile_commands.json ]] ||
    { echo "$commands/compile_commands.json is not there: cmake --preset native makes it"; return; }
  # Only files that this build compiles; those of another target have their own compiler's word.
  local sources
  mapfile -t sources < <(
    listed 'src/*.cc' | while IFS= read -r file; do
      ! grep -qF "\"file\": \"$PWD/$file\"" "$commands/compile_commands.json" || printf '%s\n' "$file"
    done
  )
  tidied=${#sources[@]}
  printf '%s\n' "${sources[@]}" |
    xargs -r -P 2 -n 4 clang-tidy-22 --quiet -p "$commands" 2>&1 |
    grep -E '(error|warning):' | sed "s|^$PWD/||" | sort -u || true
}

# ---- Run ----

case ${1:-} in
  --fix) clang-format-22 -i "${cpp[@]}" ;;
  '') ;;
  *) echo 'usage: tools/lint.sh [--fix]' >&2; exit 2 ;;
esac

report format "${#cpp[@]} C++ files" < <(check_format)
report rooms "each folder of src/ includes only what it knows" < <(check_rooms)
report header-comments "${#headers[@]} headers" < <(check_header_comments)
report length "${#code[@]} files of code, $lines_max lines at most, tests half as many again" < <(check_length)
report blanks "${#texts[@]} text files without trailing blanks, tabs and carriage returns" < <(check_blanks)
report words "nothing left to do or to hide" < <(check_words)
report shell "${#shells[@]} scripts" < <(check_shells)
started=$SECONDS
found=$(check_tidy)
report clang-tidy "src/, in $((SECONDS - started)) s" <<<"$found"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
