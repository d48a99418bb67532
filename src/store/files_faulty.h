// FaultyFiles: a disk for tests. It counts what is changed physically, fails where it is told to,
// and knows what would be found after a crash.
//
// For tests only; not part of the library. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <vector>

#include "store/files.h"

namespace outboard {

class FaultyFiles final : public Files {
 public:
  using Image = std::array<Bytes, file_slots>;

  enum class Fault {
    none,
    full,         // a write makes only a part; truncating and flushing works
    failed,       // a write makes only a part, truncating and flushing does nothing
    failed_late,  // all is written, and yet it is said to have failed
    off,          // the machine stops: this change and everything after it fails
  };
  enum class Crash {
    process,     // kill -9: what was written is there
    power,       // only what was flushed is there
    torn_power,  // and of the rest any sector may be, or be garbage
  };

  struct Counts {
    int writes = 0;
    int truncates = 0;
    int flushes = 0;
  };

  explicit FaultyFiles(const Image& image = {}, unsigned seed = 0) : random_(seed) {
    for (std::size_t i = 0; i < file_slots; ++i) files_[i].now = files_[i].durable = image[i];
  }

  // From the `change`-th physical change on (1 is the next), `times` of them fail.
  void fail_at(int change, Fault fault, int times = 1) {
    changes_ = 0;
    first_ = change;
    fault_ = fault;
    last_ = times > 0 ? change + times - 1 : 1 << 30;
  }
  void heal() { fault_ = Fault::none; }

  // Physical changes (writes, truncations, flushes) since the last fail_at.
  int changes() const { return changes_; }
  bool has_failed() const { return fault_ != Fault::none && changes_ >= first_; }

  Counts counts(FileSlot slot) const { return files_[index(slot)].counts; }
  void reset_counts() {
    for (File& file : files_) file.counts = {};
  }

  // Called before each flush that succeeds.
  std::function<void(FileSlot)> on_flush;

  // What the next one to open the files would find if this happened now.
  Image after(Crash crash) {
    Image image;
    for (std::size_t i = 0; i < file_slots; ++i) {
      const File& file = files_[i];
      image[i] = crash == Crash::process ? file.now : file.durable;
      if (crash != Crash::torn_power) continue;
      for (const Change& change : file.unflushed) tear(image[i], change);
    }
    return image;
  }

  FileCount read(FileSlot slot, std::uint64_t offset, std::span<std::uint8_t> out) override {
    if (is_off_) return {FileOutcome::failed, 0};
    const Bytes& now = files_[index(slot)].now;
    if (offset >= now.size()) return {};
    const auto bytes = std::min<std::size_t>(out.size(), now.size() - offset);
    std::copy_n(now.begin() + static_cast<std::ptrdiff_t>(offset), bytes, out.begin());
    return {FileOutcome::ok, bytes};
  }

  FileOutcome write(FileSlot slot, std::uint64_t offset, ByteView bytes) override {
    File& file = files_[index(slot)];
    ++file.counts.writes;
    const Fault fault = next_fault();
    Change change{false, offset, Bytes(bytes.begin(), bytes.end())};
    if (fault == Fault::full || fault == Fault::failed) change.bytes.resize(part_of(bytes.size()));
    return apply(file, std::move(change), fault);
  }

  FileOutcome truncate(FileSlot slot, std::uint64_t size) override {
    File& file = files_[index(slot)];
    ++file.counts.truncates;
    Fault fault = next_fault();
    if (fault == Fault::failed) return FileOutcome::failed;
    if (fault == Fault::full) fault = Fault::none;
    return apply(file, {true, size, {}}, fault);
  }

  FileOutcome flush(FileSlot slot) override {
    File& file = files_[index(slot)];
    ++file.counts.flushes;
    if (const Fault fault = next_fault(); fault != Fault::none && fault != Fault::full)
      return FileOutcome::failed;
    if (on_flush) on_flush(slot);
    file.durable = file.now;
    file.unflushed.clear();
    return FileOutcome::ok;
  }

  FileCount size(FileSlot slot) override {
    if (is_off_) return {FileOutcome::failed, 0};
    return {FileOutcome::ok, files_[index(slot)].now.size()};
  }

 private:
  static constexpr std::size_t sector_bytes = 512;

  struct Change {
    bool is_truncation = false;
    std::uint64_t at = 0;  // offset, or new size
    Bytes bytes;
  };
  struct File {
    Bytes now;
    Bytes durable;
    std::vector<Change> unflushed;
    Counts counts;
  };

  static std::size_t index(FileSlot slot) { return static_cast<std::size_t>(slot); }

  Fault next_fault() {
    ++changes_;
    if (is_off_) return Fault::off;
    if (fault_ == Fault::none || changes_ < first_ || changes_ > last_) return Fault::none;
    is_off_ = fault_ == Fault::off;
    return fault_;
  }

  std::size_t part_of(std::size_t size) { return size == 0 ? 0 : random_() % size; }

  FileOutcome apply(File& file, Change change, Fault fault) {
    if (fault != Fault::off) perform(file.now, change);
    file.unflushed.push_back(std::move(change));
    switch (fault) {
      case Fault::none: return FileOutcome::ok;
      case Fault::full: return FileOutcome::full;
      default: return FileOutcome::failed;
    }
  }

  static void perform(Bytes& on, const Change& change) {
    const auto at = static_cast<std::size_t>(change.at);
    if (change.is_truncation) {
      on.resize(at);
    } else {
      if (on.size() < at + change.bytes.size()) on.resize(at + change.bytes.size());
      std::ranges::copy(change.bytes, on.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  // Performs all, nothing or some sectors of a change. What is within it may be neither old nor
  // new, and a file may have grown without its bytes.
  void tear(Bytes& on, const Change& change) {
    const auto luck = random_() % 3;
    if (luck == 0) return;
    if (luck == 1 || change.is_truncation) return perform(on, change);
    const auto at = static_cast<std::size_t>(change.at);
    if (on.size() < at + change.bytes.size() && random_() % 2 == 0) {
      on.resize(at + change.bytes.size(), static_cast<std::uint8_t>(random_()));
    }
    for (std::size_t done = 0; done < change.bytes.size();) {
      const auto piece =
          std::min(sector_bytes - (at + done) % sector_bytes, change.bytes.size() - done);
      const auto from = change.bytes.begin() + static_cast<std::ptrdiff_t>(done);
      Bytes sector(from, from + static_cast<std::ptrdiff_t>(piece));
      const auto sectors_luck = random_() % 4;
      if (sectors_luck == 0) std::ranges::fill(sector, static_cast<std::uint8_t>(random_()));
      if (sectors_luck <= 2) perform(on, {false, at + done, std::move(sector)});
      done += piece;
    }
  }

  std::array<File, file_slots> files_;
  std::mt19937 random_;
  Fault fault_ = Fault::none;
  int first_ = 0;
  int last_ = 0;
  int changes_ = 0;
  bool is_off_ = false;
};

}  // namespace outboard
