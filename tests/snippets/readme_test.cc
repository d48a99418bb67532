// What the README and the guides show is what happens: their programs, run, print what stands
// there.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/repository_testing.h"

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The first block of that kind behind `after`.
std::string block(const std::string& readme, const std::string& after, const std::string& fence) {
  auto start = readme.find(fence + "\n", readme.find(after));
  EXPECT_NE(start, std::string::npos);
  start += fence.size() + 1;
  return readme.substr(start, readme.find("```", start) - start);
}

std::string output_of(const std::string& command) {
  std::string out;
  auto* pipe = ::popen(command.c_str(), "r");
  for (char buffer[256]; std::fgets(buffer, sizeof buffer, pipe);) out += buffer;
  EXPECT_EQ(::pclose(pipe), 0);
  return out;
}

// In a folder of its own.
std::string printed_by(const std::string& snippet, const std::string& arguments = "") {
  auto folder = fs::temp_directory_path() / ("outboard-" + snippet + std::to_string(::getpid()));
  fs::create_directories(folder);
  auto program = fs::canonical("/proc/self/exe").parent_path() / ("snippet_" + snippet);
  auto printed =
      output_of("cd '" + folder.string() + "' && '" + program.string() + "'" + arguments);
  fs::remove_all(folder);
  return printed;
}

}  // namespace

TEST(Readme, TheProgramPrintsWhatItSays) {
  auto readme = contents(outboard::in_repository("README.md"));
  EXPECT_EQ(printed_by("readme"), block(readme, "## In C++", "```text"));
}

TEST(GuideCpp, ItsPiecesAreAProgramThatPrintsWhatItSays) {
  auto guide = contents(outboard::in_repository("docs/guide-cpp.md"));
  EXPECT_EQ(printed_by("guide_cpp"), block(guide, "## All of it", "```text"));
}

TEST(SetUpGuide, TheProgramPrintsWhatItSaysInThisProcessAndInOneOfItsOwn) {
  auto guide = contents(outboard::in_repository("docs/guide-set-up.md"));
  EXPECT_EQ(printed_by("set_up"), block(guide, "It prints", "```text"));
  EXPECT_EQ(printed_by("set_up", " apart"), block(guide, "It prints", "```text"));
}
