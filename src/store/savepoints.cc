#include "store/savepoints.h"

namespace outboard {

using Control = Traits::Control;

bool Savepoints::commits(const Traits& traits, bool in_transaction) const {
  if (!in_transaction) return false;
  if (traits.control == Control::commit) return true;
  return traits.control == Control::release && outermost_is_transaction_ &&
         find(traits.savepoint) == 0 && !names_.empty();
}

void Savepoints::ran(const Traits& traits, bool was_open) {
  switch (traits.control) {
    case Control::savepoint:
      if (!was_open) {
        names_.clear();
        outermost_is_transaction_ = true;
      }
      names_.push_back(traits.savepoint);
      break;
    case Control::release: names_.resize(find(traits.savepoint)); break;
    case Control::rollback_to:
      if (auto at = find(traits.savepoint); at < names_.size()) names_.resize(at + 1);
      break;
    case Control::begin:
      names_.clear();
      outermost_is_transaction_ = false;
      break;
    case Control::commit:
    case Control::rollback: names_.clear(); break;
    case Control::none: break;
  }
}

std::size_t Savepoints::find(const std::string& name) const {
  for (std::size_t i = names_.size(); i-- > 0;)
    if (names_[i] == name) return i;
  return names_.size();
}

}  // namespace outboard
