// The forms of what is configured: what Config's keys are called and what they may hold. Pure.
#pragma once

#include <outboard/config.hpp>

#include "base/form.h"

namespace outboard {

// Where the database is, and how it is kept.
template <class Form>
void describe_storage(Form& form, std::string& path, Storage& storage, Durability& durability) {
  form.text("path", path, Presence::required);
  form.choice(
      "storage", storage,
      {{"file", Storage::file}, {"memory", Storage::memory}, {"autosave", Storage::autosave}});
  form.choice("durability", durability,
              {{"process", Durability::process}, {"power", Durability::power}});
}

template <class Form>
void describe(Form& form, Config& config) {
  auto& options = config.options;
  describe_storage(form, config.path, options.storage, options.durability);
  form.text("seed", options.seed);
  form.choice("host", options.host,
              {{"thread", Host::thread}, {"inline", Host::on_caller}, {"process", Host::process}});
  form.duration("open_timeout_ms", options.open_timeout);
  form.text("config", options.config);
  form.part("process", [&](Form& part) {
    constexpr std::int64_t restarts_most = 1'000'000;
    auto& process = options.process;
    part.text("program", process.program);
    part.duration("start_timeout_ms", process.start_timeout);
    part.duration("silence_max_ms", process.silence_max);
    part.duration("stall_max_ms", process.stall_max);
    part.number("restarts_max", process.restarts_max, 0, restarts_most);
  });
}

Result<Config> config_of(const Tree& tree);
Tree tree_of(const Config& config);

}  // namespace outboard
