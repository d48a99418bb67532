// Place: where a database's files are, held for one engine alone.
//
// Made before the first connection and destroyed after the last. A second engine on the same file,
// in this process or another, gets `busy`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <outboard/options.hpp>

#include "base/platform.h"
#include "base/result.h"
#include "store/save_target.h"

namespace outboard {

class Place {
 public:
  virtual ~Place() = default;

  // What sqlite3_open_v2 is told.
  virtual const std::string& file() const = 0;
  virtual const std::string& vfs() const = 0;

  // What people are told, and whether there was nothing there before.
  virtual const std::string& path() const = 0;
  virtual bool created() const = 0;

  // Where it is saved as a whole, if it is; lives as long as this.
  virtual SaveTarget* save_target() { return nullptr; }

  // Makes more of an error that came while opening: who holds the file, for example.
  virtual Error explain(Error error) const { return error; }
};

using ClaimPlace = std::function<Result<std::unique_ptr<Place>>(const std::string& path,
                                                                Storage storage, Platform&)>;

// There is one of these per target: place_native.cc and place_wasm.cc.
Result<std::unique_ptr<Place>> claim_place(const std::string& path, Storage storage,
                                           Platform& platform);

}  // namespace outboard
