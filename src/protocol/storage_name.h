// The names by which kinds of storage travel. Pure.
#pragma once

#include <optional>
#include <string_view>

#include <outboard/options.hpp>

namespace outboard {

inline std::string_view name_of(Storage storage) {
  switch (storage) {
    case Storage::file: return "file";
    case Storage::memory: return "memory";
    case Storage::autosave: return "autosave";
  }
  return "";
}

inline std::optional<Storage> storage_of(std::string_view name) {
  for (auto storage : {Storage::file, Storage::memory, Storage::autosave})
    if (name == name_of(storage)) return storage;
  return std::nullopt;
}

}  // namespace outboard
