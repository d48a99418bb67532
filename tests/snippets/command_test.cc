// What docs/command.md shows is what happens: its commands, run in order, print what stands below
// them.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/repository_testing.h"
#include "net/test_folder.h"

namespace {

namespace fs = std::filesystem;

struct Example {
  std::string command;
  std::string printed;
};

// "$ …" is a command, "> …" goes on with it, everything else in the block is what it prints.
std::vector<Example> examples_in(const fs::path& page) {
  std::vector<Example> examples;
  std::ifstream in(page);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      examples.push_back({line.substr(2), ""});
    } else if (inside && line.starts_with("> ")) {
      examples.back().command += "\n" + line.substr(2);
    } else if (inside) {
      examples.back().printed += line + "\n";
    }
  }
  return examples;
}

std::string output_of(const fs::path& folder, const std::string& command) {
  auto script = folder / "script.sh";
  auto bin = fs::canonical("/proc/self/exe").parent_path().string();
  std::ofstream(script) << "cd '" << folder.string() << "'\nPATH='" << bin << "':$PATH\n{ "
                        << command << "\n} 2>&1\n";
  std::string out;
  auto* pipe = ::popen(("sh '" + script.string() + "'").c_str(), "r");
  for (char buffer[256]; std::fgets(buffer, sizeof buffer, pipe);) out += buffer;
  ::pclose(pipe);
  return out;
}

}  // namespace

TEST(CommandPage, TheCommandsPrintWhatItSays) {
  outboard::net::TestFolder folder;
  auto examples = examples_in(outboard::in_repository("docs/command.md"));
  EXPECT_GT(examples.size(), 20u);
  for (auto& [command, printed] : examples)
    EXPECT_EQ(output_of(folder.path(), command), printed) << "$ " << command;
}
