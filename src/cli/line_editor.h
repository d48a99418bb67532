// LineEditor: a line from whoever types, with editing and history on a terminal; from a pipe just
// the line.
//
// One thread's. The history is kept in the state folder ($XDG_STATE_HOME/outboard/history), written
// as it grows, for its owner's eyes only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/completion.h"

namespace outboard::cli {

class LineEditor {
 public:
  // What Tab does: gets the line up to the cursor.
  using Completer = std::function<Completion(std::string_view line)>;

  explicit LineEditor(Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  bool is_interactive() const { return is_interactive_; }

  enum class Got { line, interrupt, end };

  // Without its line feed.
  Got read(const std::string& prompt, std::string& line);

  // What the arrow keys bring back.
  void remember(const std::string& entry);

 private:
  struct Terminal;

  bool is_interactive_;
  std::unique_ptr<Terminal> terminal_;
};

}  // namespace outboard::cli
