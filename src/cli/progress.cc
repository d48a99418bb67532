#include "cli/progress.h"

#include <algorithm>
#include <cstdio>

#include "cli/text_width.h"

namespace outboard::cli {

namespace {
constexpr std::chrono::milliseconds between_drawings{100};
constexpr std::size_t bar_width_max = 40;
}  // namespace

Progress::Progress(std::string what) : what_(printable(what)), width_(terminal_width(2)) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  if (width_ == 0 || total == 0) return;
  auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + between_drawings;
  done = std::min(done, total);
  constexpr std::size_t around = 10;  // the frame and "100 %"
  if (width_ < around + 10) return;
  auto name = cut_to_width(what_, (width_ - around) / 2);
  auto bar_width = std::min(bar_width_max, width_ - around - width_of(name));
  auto full = bar_width * done / total;
  std::string bar;
  for (std::size_t i = 0; i < bar_width; ++i) bar += i < full ? "█" : "░";
  std::fprintf(stderr, "\r%s %s %3d %%\033[K", name.c_str(), bar.c_str(),
               static_cast<int>(100 * done / total));
  drawn_ = true;
}

}  // namespace outboard::cli
