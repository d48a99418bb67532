// Autosave: a database in memory is saved as a whole, soon after it changed (rule H14).
//
// A save is a snapshot that a reader copies, a piece per turn: the engine goes on meanwhile. It
// waits a moment after the first change, and at least four times as long as the last save took, so
// that most of the time goes to the application. A save that failed is tried again, later or by
// the next flush; nothing is lost by it.
//
// Engine's thread. Ends before its store.
#pragma once

#include <memory>
#include <optional>

#include "store/save_target.h"
#include "store/snapshot.h"

namespace outboard {

class Autosave {
 public:
  // Of a store whose place has a save target.
  Autosave(Store& store, SaveTarget& target, Platform& platform);
  ~Autosave();

  // A piece of what is due. True: there is more to do at once.
  bool work();

  // When work() wants to be called next.
  std::optional<std::int64_t> wake_at_us() const;

  // Asks for a save at once, of what is committed by now. Its number, for outcome().
  std::uint64_t ask();

  // What became of that; nothing yet: it is under way.
  std::optional<Result<void>> outcome(std::uint64_t asked) const;

  // Saves what is not saved yet, here and now.
  Result<void> finish();

 private:
  struct Save {
    SnapshotReader snapshot;
    std::uint64_t commits;  // that it holds
    std::uint64_t asked;    // it answers up to this one
    std::int64_t begun_us;
    bool is_first_page = true;
  };

  bool has_changed() const;
  bool is_due() const;
  // True: there is more to copy.
  Result<bool> begin();
  Result<bool> copy();
  void end(Result<void> result);

  Store& store_;
  SaveTarget& target_;
  Platform& platform_;
  std::optional<Save> save_;
  std::uint64_t saved_commits_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  Result<void> last_;
  std::int64_t changed_at_us_ = 0;  // 0: nothing to save
  std::int64_t delay_us_;
};

}  // namespace outboard
