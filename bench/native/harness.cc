#include "harness.h"

#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

namespace bench {

namespace {

double measure_us(const Contender& contender) {
  contender.prepare();
  if (contender.measure) return contender.measure();
  auto start = std::chrono::steady_clock::now();
  auto operations = contender.run();
  std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  return took.count() / static_cast<double>(operations);
}

Measured summarize(const std::string& name, std::vector<double> times) {
  std::ranges::sort(times);
  return {name, times[times.size() / 2], times.front(), times.back()};
}

}  // namespace

void Report::compare(const std::string& title, double time_ratio_max,
                     std::vector<Contender> contenders) {
  if (title.find(options_.filter) == std::string::npos) return;
  std::fprintf(stderr, "%s", title.c_str());
  std::vector<std::vector<double>> times(contenders.size());
  for (auto& contender : contenders) measure_us(contender);  // warm
  for (int round = 0; round < options_.rounds; ++round) {
    std::fprintf(stderr, ".");
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      auto turn = (i + static_cast<std::size_t>(round)) % contenders.size();
      times[turn].push_back(measure_us(contenders[turn]));
    }
  }
  std::fprintf(stderr, "\n");
  Comparison comparison{.title = title, .contenders = {}, .reach = {}, .limit = time_ratio_max};
  for (std::size_t i = 0; i < contenders.size(); ++i)
    comparison.contenders.push_back(summarize(contenders[i].name, times[i]));
  comparisons_.push_back(std::move(comparison));
}

void Report::print_table() const {
  std::printf(
      "%s\nmedians of %d alternating runs, microseconds per operation unless the title says "
      "otherwise "
      "(lowest to highest)\n\n",
      machine().c_str(), options_.rounds);
  for (auto& comparison : comparisons_) {
    std::printf("%s\n", comparison.title.c_str());
    for (auto& contender : comparison.contenders)
      std::printf("  %-46s %9.3f   (%.3f to %.3f)\n", contender.name.c_str(), contender.median_us,
                  contender.lowest_us, contender.highest_us);
    std::printf("  ours / %s: %.2f", comparison.contenders[1].name.c_str(), comparison.ratio());
    if (comparison.limit > 0)
      std::printf("   reach: at most %.2f   %s", comparison.limit,
                  comparison.reached() ? "reached" : "NOT REACHED");
    std::printf("\n\n");
  }
}

void Report::write_json(const std::string& path) const {
  std::ofstream out(path);
  out << "{\"machine\": \"" << machine() << "\", \"rounds\": " << options_.rounds
      << ", \"comparisons\": [";
  for (std::size_t i = 0; i < comparisons_.size(); ++i) {
    auto& comparison = comparisons_[i];
    out << (i ? ",\n" : "\n") << "  {\"title\": \"" << comparison.title
        << "\", \"ratio\": " << comparison.ratio() << ", \"limit\": " << comparison.limit
        << ", \"contenders\": [";
    for (std::size_t j = 0; j < comparison.contenders.size(); ++j) {
      auto& contender = comparison.contenders[j];
      out << (j ? ", " : "") << "{\"name\": \"" << contender.name
          << "\", \"median_us\": " << contender.median_us
          << ", \"lowest_us\": " << contender.lowest_us
          << ", \"highest_us\": " << contender.highest_us << "}";
    }
    out << "]}";
  }
  out << "\n]}\n";
}

std::string machine() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name")) continue;
    processor = line.substr(line.find(':') + 2);
    break;
  }
  utsname system{};
  ::uname(&system);
  return processor + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, " +
         system.sysname + " " + system.release + ", g++ " + __VERSION__;
}

}  // namespace bench
