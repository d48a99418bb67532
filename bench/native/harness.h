// Harness: measures things beside each other, alternately, in one run. What it tells is ratios:
// medians of times that two competitors took for the same work on the same machine at the same
// moment.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bench {

// One way to do the work. `run` does it once and returns how many operations that were;
// preparations that are not to be measured go into `prepare`. What is no mean time is told by
// `measure`, in place of `run`.
struct Contender {
  std::string name;
  std::function<long()> run = {};
  std::function<void()> prepare = [] {};
  std::function<double()> measure = {};
};

struct Measured {
  std::string name;
  double median_us = 0;  // per operation
  double lowest_us = 0;
  double highest_us = 0;
};

struct Comparison {
  std::string title;
  std::vector<Measured> contenders;  // the first is ours, the second is what it stands beside
  std::string reach;  // e.g. "≤ 1.5": what the ratio of times should reach; empty: only shown
  double limit = 0;

  double ratio() const { return contenders[0].median_us / contenders[1].median_us; }
  bool reached() const { return limit == 0 || ratio() <= limit; }
};

struct Options {
  int rounds = 7;  // of which each contender gets one turn, in changing order
  std::string filter;
};

class Report {
 public:
  explicit Report(Options options) : options_(std::move(options)) {}

  // Runs the contenders alternately and adds what they took. `time_ratio_max`: ours / the second's.
  void compare(const std::string& title, double time_ratio_max, std::vector<Contender> contenders);

  void print_table() const;
  void write_json(const std::string& path) const;

 private:
  Options options_;
  std::vector<Comparison> comparisons_;
};

// "AMD EPYC …, 2 cores, Linux 6.1, g++ 12.2": a line about the machine.
std::string machine();

}  // namespace bench
