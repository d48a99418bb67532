// Progress: a bar on the terminal that standard error is, and nothing where it is none.
//
// One thread's. Going away, it wipes its line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace outboard::cli {

class Progress {
 public:
  // `what` stands before the bar.
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws a few times a second at most, so it may be called for each row.
  void show(std::uint64_t done, std::uint64_t total);

 private:
  std::string what_;
  std::size_t width_;  // of the terminal; 0: silent
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace outboard::cli
