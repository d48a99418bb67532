#include "cli/line_editor.h"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "cli/interrupt.h"

namespace outboard::cli {

namespace {

namespace fs = std::filesystem;

constexpr int history_entries_max = 1'000;

// Where the history is, or nothing if there is no place for it.
fs::path history_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (state && *state == '/') {
    folder = state;
  } else if (home && *home == '/') {
    folder = fs::path(home) / ".local" / "state";
  } else {
    return {};
  }
  folder /= "outboard";
  std::error_code failed;
  fs::create_directories(folder, failed);
  return failed ? fs::path() : folder / "history";
}

}  // namespace

struct LineEditor::Terminal {
  explicit Terminal(Completer the_completer) : completer(std::move(the_completer)) {
    std::setlocale(LC_CTYPE, "C.UTF-8");  // libedit counts columns by it
    load_history();
    edit = el_init("outboard", stdin, stdout, stderr);
    el_set(edit, EL_CLIENTDATA, this);
    el_set(edit, EL_PROMPT, +[](EditLine* of) { return self(of).prompt.data(); });
    el_set(
        edit, EL_ADDFN, "complete-name", "Completes a name",
        +[](EditLine* of, int) { return static_cast<int>(self(of).complete()); });
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_SIGNAL, 0);
    el_set(edit, EL_HIST, ::history, history);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit, EL_BIND, "^I", "complete-name", nullptr);
    el_source(edit, nullptr);  // ~/.editrc, where somebody has one
  }
  ~Terminal() {
    el_end(edit);
    history_end(history);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  static Terminal& self(EditLine* of) {
    void* data = nullptr;
    el_get(of, EL_CLIENTDATA, &data);
    return *static_cast<Terminal*>(data);
  }

  unsigned char complete() {
    auto* line = el_line(edit);
    auto before =
        std::string_view(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
    auto completion = completer(before);
    if (!completion.insert.empty()) {
      el_insertstr(edit, completion.insert.c_str());
      return CC_REFRESH;
    }
    if (completion.choices.size() < 2) return CC_ERROR;  // which beeps
    std::fputc('\n', stdout);
    for (auto& choice : completion.choices) std::fprintf(stdout, "%s  ", choice.c_str());
    std::fputc('\n', stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  void load_history() {
    history = ::history_init();
    HistEvent event;
    ::history(history, &event, H_SETSIZE, history_entries_max);
    ::history(history, &event, H_SETUNIQUE, 1);
    path = history_path();
    if (!path.empty()) ::history(history, &event, H_LOAD, path.c_str());
  }

  const Completer completer;
  EditLine* edit = nullptr;
  History* history = nullptr;
  fs::path path;
  std::string prompt;
};

LineEditor::LineEditor(Completer completer) : is_interactive_(::isatty(0) && ::isatty(1)) {
  if (is_interactive_) terminal_ = std::make_unique<Terminal>(std::move(completer));
}

LineEditor::~LineEditor() = default;

LineEditor::Got LineEditor::read(const std::string& prompt, std::string& line) {
  line.clear();
  if (!terminal_) {
    for (int c; (c = std::getc(stdin)) != EOF; line += static_cast<char>(c))
      if (c == '\n') return Got::line;
    return line.empty() ? Got::end : Got::line;
  }
  terminal_->prompt = prompt;
  int count = 0;
  const char* typed = el_gets(terminal_->edit, &count);
  if (interrupted()) {
    el_reset(terminal_->edit);
    std::fputs("^C\n", stdout);
    return Got::interrupt;
  }
  if (!typed || count <= 0) {
    std::fputs("\n", stdout);
    return Got::end;
  }
  line.assign(typed, static_cast<std::size_t>(count));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return Got::line;
}

void LineEditor::remember(const std::string& entry) {
  if (!terminal_ || entry.empty()) return;
  HistEvent event;
  ::history(terminal_->history, &event, H_ENTER, entry.c_str());
  if (terminal_->path.empty()) return;
  auto before = ::umask(077);
  ::history(terminal_->history, &event, H_SAVE, terminal_->path.c_str());
  ::umask(before);
}

}  // namespace outboard::cli
